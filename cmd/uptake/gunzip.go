package main

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/gzip"
)

// gunzip returns what the body holds.
func gunzip(body []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
