package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/proto"
)

// referenceVariable makes the test program a bare server instead.
const referenceVariable = "UPTAKE_TEST_REFERENCE"

// startReference runs the bare server as a process of its own.
func startReference(b *testing.B) *process {
	b.Helper()
	p := &process{t: b, cmd: exec.Command(os.Args[0]), log: &bytes.Buffer{}, done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), referenceVariable+"=1")
	p.cmd.Stdout = p
	if err := p.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	b.Cleanup(p.kill)
	waitFor(b, "the reference server", p.done, func() error {
		if !strings.Contains(p.logText(), "\n") {
			return fmt.Errorf("no address yet")
		}
		return nil
	})
	return p
}

// serveReference decodes bodies with the libraries that everybody has, and
// throws the result away: no token, no identity, no disk, no Kafka.
func serveReference() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	mux := http.NewServeMux()
	mux.HandleFunc("/v1/logs", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var request logs.LogsData
		if err := proto.Unmarshal(body, &request); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	})
	mux.HandleFunc("/v1/events", func(w http.ResponseWriter, r *http.Request) {
		decoder := json.NewDecoder(r.Body)
		for {
			var event map[string]any
			if err := decoder.Decode(&event); err == io.EOF {
				return
			} else if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
		}
	})
	return http.Serve(listener, mux)
}
