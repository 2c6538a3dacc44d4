package telemetry

import (
	"fmt"
	"net/http"
	"net/textproto"
	"os"
	"strings"

	"github.com/uptake-telemetry/uptake/schema"
)

// ours are the headers that every export has anyway.
var ours = map[string]bool{
	"Content-Type": true, "Content-Encoding": true, "Content-Length": true, "Host": true, schema.TelemetryHeader: true,
}

// readHeaders reads the file of headers. Its errors name the line and never
// what stands in it.
func readHeaders(path string) (http.Header, error) {
	headers := http.Header{}
	if path == "" {
		return headers, nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("headers_file: %w", err)
	}
	for i, line := range strings.Split(string(b), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, found := strings.Cut(line, ":")
		name, value = textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name)), strings.TrimSpace(value)
		if !found || !isToken(name) || !isPlain(value) {
			return nil, fmt.Errorf("headers_file %s: line %d is not NAME: VALUE", path, i+1)
		}
		if ours[name] {
			return nil, fmt.Errorf("headers_file %s: line %d names a header that is set here; leave it out", path, i+1)
		}
		headers.Add(name, value)
	}
	return headers, nil
}

// isToken says whether a name can be that of a header.
func isToken(name string) bool {
	for _, c := range name {
		if c <= ' ' || c >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, c) {
			return false
		}
	}
	return name != ""
}

// isPlain says whether a value can be that of a header.
func isPlain(value string) bool {
	return value != "" && !strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f })
}
