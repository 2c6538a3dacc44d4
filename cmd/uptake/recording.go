package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// recording is a body with what its request says of it.
type recording struct {
	path, contentType, contentEncoding string
	body                               []byte
}

// recognise tells the form of a body by its content, else by its name.
func recognise(name string, body []byte) (recording, error) {
	r := recording{body: body}
	plain := body
	if bytes.HasPrefix(body, []byte{0x1f, 0x8b}) {
		r.contentEncoding = "gzip"
		var err error
		if plain, err = gunzip(body); err != nil {
			return r, fmt.Errorf("%s: %w", name, err)
		}
	}
	trimmed := bytes.TrimLeft(plain, " \t\r\n")
	if len(trimmed) == 0 {
		return r, fmt.Errorf("%s is empty", name)
	}
	if trimmed[0] != '{' && trimmed[0] != '[' {
		return recogniseProtobuf(name, r)
	}
	r.path, r.contentType = jsonForm(trimmed)
	return r, nil
}

func recogniseProtobuf(name string, r recording) (recording, error) {
	for _, signal := range []string{"logs", "metrics", "traces"} {
		if strings.Contains(filepath.Base(name), signal) {
			r.path, r.contentType = "/v1/"+signal, "application/x-protobuf"
			return r, nil
		}
	}
	return r, fmt.Errorf("%s is no JSON; for protobuf the file's name must contain logs, metrics or traces", name)
}

// jsonForm returns the path and the content type of a JSON body.
func jsonForm(body []byte) (path, contentType string) {
	for key, signal := range map[string]string{"resourceLogs": "logs", "resourceMetrics": "metrics", "resourceSpans": "traces"} {
		if startsWithKey(body, key) {
			return "/v1/" + signal, "application/json"
		}
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	var first json.RawMessage
	if decoder.Decode(&first) != nil {
		return "/v1/events", "application/x-ndjson"
	}
	cloudEvents := bytes.Contains(first, []byte(`"specversion"`))
	switch {
	case first[0] == '[' && cloudEvents:
		return "/v1/events", "application/cloudevents-batch+json"
	case first[0] == '[':
		return "/v1/events", "application/json"
	case decoder.More():
		return "/v1/events", "application/x-ndjson"
	case cloudEvents:
		return "/v1/events", "application/cloudevents+json"
	default:
		return "/v1/events", "application/json"
	}
}

func startsWithKey(body []byte, key string) bool {
	rest := bytes.TrimLeft(bytes.TrimPrefix(body, []byte("{")), " \t\r\n")
	return bytes.HasPrefix(rest, []byte(`"`+key+`"`))
}

// gunzip returns what the body holds.
func gunzip(body []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
