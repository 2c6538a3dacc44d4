package scim

import (
	"fmt"
	"net/http"
	"strconv"
)

// Error is a failure as SCIM tells it.
type Error struct {
	Status int
	// Type is the detail error keyword of RFC 7644, table 9; empty for most statuses.
	Type   string
	Detail string
}

func (e *Error) Error() string { return e.Detail }

// Keywords of what is wrong with a request.
const (
	invalidFilter = "invalidFilter"
	invalidPath   = "invalidPath"
	invalidSyntax = "invalidSyntax"
	invalidValue  = "invalidValue"
	mutability    = "mutability"
	noTarget      = "noTarget"
	tooMany       = "tooMany"
	uniqueness    = "uniqueness"
)

func refuse(keyword, format string, args ...any) *Error {
	return &Error{Status: http.StatusBadRequest, Type: keyword, Detail: fmt.Sprintf(format, args...)}
}

// NotFound says that there is no such resource.
func NotFound(kind Kind) *Error {
	return &Error{Status: http.StatusNotFound, Detail: fmt.Sprintf("no %s has this id", kind.lower())}
}

// Taken says that another resource has the value of a unique attribute.
func Taken(kind Kind, attribute string) *Error {
	return &Error{Status: http.StatusConflict, Type: uniqueness, Detail: fmt.Sprintf("another %s has this %s", kind.lower(), attribute)}
}

const errorSchema = "urn:ietf:params:scim:api:messages:2.0:Error"

func (e *Error) body() map[string]any {
	body := map[string]any{"schemas": []string{errorSchema}, "status": strconv.Itoa(e.Status), "detail": e.Detail}
	if e.Type != "" {
		body["scimType"] = e.Type
	}
	return body
}
