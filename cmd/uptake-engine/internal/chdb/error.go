package chdb

import (
	"regexp"
	"strconv"
	"strings"
)

// Codes of ClickHouse that are given or decided on here.
const (
	CodeUnknownPacket      = 99
	CodeNotImplemented     = 48
	CodeSyntaxError        = 62
	CodeUnknownDatabase    = 81
	CodeUnknownSetting     = 115
	CodeReadonly           = 164
	CodeTooManyConnections = 202
	CodeAccessDenied       = 497
	CodeQueryWasCancelled  = 394
	CodeAuthentication     = 516
	CodeUnknown            = 1002
)

// Error is an exception of ClickHouse.
type Error struct {
	// Code is ClickHouse's number of the exception, 1002 where it gave none.
	Code int32
	// Message is its text, with the code's name in brackets.
	Message string
}

func (e *Error) Error() string {
	return "clickhouse: code " + strconv.Itoa(int(e.Code)) + ": " + e.Message
}

// The engine wraps an exception once to three times in this prefix.
var prefix = regexp.MustCompile(`^(?:Error: )?(?:Code: (\d+)\. )?DB::Exception: `)

func parseError(text string) *Error {
	e := &Error{Code: CodeUnknown}
	for {
		found := prefix.FindStringSubmatch(text)
		if found == nil {
			break
		}
		if code, err := strconv.ParseInt(found[1], 10, 32); err == nil {
			e.Code = int32(code)
		}
		text = text[len(found[0]):]
	}
	e.Message = strings.TrimSpace(text)
	return e
}
