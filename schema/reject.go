package schema

import "fmt"

// Code is the stable reason for which an event is refused.
type Code string

// The codes, as senders see them.
const (
	CodeMissingField Code = "missing_field"
	CodeUnknownField Code = "unknown_field"
	CodeBadType      Code = "bad_type"
	CodeBadValue     Code = "bad_value"
	CodeUnknownTool  Code = "unknown_tool"
	CodeBadTime      Code = "bad_time"
	CodeClosedDay    Code = "closed_day"
	CodeTooLong      Code = "too_long"
	// CodeUndecodable is a message of the topic that is no event.
	CodeUndecodable Code = "undecodable"
)

// Rejection says why one event is refused. Message names the mend and never
// repeats what was sent.
type Rejection struct {
	Code    Code
	Field   string
	Message string
}

// Error makes a rejection an error.
func (r *Rejection) Error() string { return fmt.Sprintf("%s: %s: %s", r.Code, r.Field, r.Message) }

// Reject returns a rejection with a formatted message.
func Reject(code Code, field, format string, args ...any) *Rejection {
	return &Rejection{Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}
