package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// newSend is `uptake send`.
func newSend(s *settings) *cobra.Command {
	var tokenFile, endpoint string
	c := &cobra.Command{
		Use:   "send FILE…",
		Short: "Send events, or recorded OTLP bodies, from files to a collector",
		Long: `Sends each file as one request: events as JSON, NDJSON or CloudEvents to
/v1/events; recorded OTLP bodies (JSON or protobuf, plain or gzip) to the path of
their signal. The form is told by the content; for protobuf by the file's name,
which must contain logs, metrics or traces. A dash is standard input.
A collector that asks to wait is tried again.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			sender, err := newSender(s, endpoint, tokenFile)
			if err != nil {
				return err
			}
			return sender.sendFiles(cmd.Context(), cmd.OutOrStdout(), args)
		},
	}
	c.Flags().StringVar(&endpoint, "endpoint", "", "base address of the collector (default: the running or configured one)")
	c.Flags().StringVar(&tokenFile, "token-file", "", "file with the token (default: the one of the running uptake up)")
	return c
}

// sender posts bodies to a collector.
type sender struct {
	client   *http.Client
	endpoint string
	token    string
}

func newSender(s *settings, endpoint, tokenFile string) (*sender, error) {
	if endpoint == "" || tokenFile == "" {
		c, err := s.loadRunning()
		if err != nil {
			return nil, err
		}
		if endpoint == "" {
			endpoint = "http://" + c.Listen.OTLPHTTP
		}
		if tokenFile == "" {
			tokenFile = dataFolder(c.Data).secret("ingest-token")
		}
	}
	token, err := readSecret(tokenFile)
	if err != nil {
		return nil, usagef("the token: %w; name its file with --token-file", err)
	}
	return &sender{client: &http.Client{Timeout: time.Minute}, endpoint: strings.TrimSuffix(endpoint, "/"), token: token}, nil
}

func (s *sender) sendFiles(ctx context.Context, out io.Writer, names []string) error {
	for _, name := range names {
		body, err := readFileOrInput(name)
		if err != nil {
			return usageError{err}
		}
		r, err := recognise(name, body)
		if err != nil {
			return usageError{err}
		}
		answer, err := s.post(ctx, r)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintf(out, "%s: %s\n", name, strings.TrimSpace(answer))
	}
	return nil
}

func readFileOrInput(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(name)
}

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

// maxAttempts bounds how often a body is sent to a collector that asks to wait.
const maxAttempts = 30

// post sends a body until the collector takes or refuses it.
func (s *sender) post(ctx context.Context, r recording) (answer string, err error) {
	for attempt := 1; ; attempt++ {
		answer, wait, err := s.postOnce(ctx, r)
		if err == nil || wait < 0 || attempt == maxAttempts {
			return answer, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return "", errors.Join(ctx.Err(), err)
		}
	}
}

// postOnce sends a body; wait is how long to wait before the next try, negative
// when trying again is of no use.
func (s *sender) postOnce(ctx context.Context, r recording) (answer string, wait time.Duration, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.endpoint+r.path, bytes.NewReader(r.body))
	if err != nil {
		return "", -1, err
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	request.Header.Set("Content-Type", r.contentType)
	if r.contentEncoding != "" {
		request.Header.Set("Content-Encoding", r.contentEncoding)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return "", time.Second, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return "", time.Second, err
	}
	switch response.StatusCode {
	case http.StatusOK:
		return okText(response, text), 0, nil
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return "", retryAfter(response), fmt.Errorf("the collector asks to wait: %s", response.Status)
	default:
		return "", -1, fmt.Errorf("%s: %s", response.Status, strings.TrimSpace(string(text)))
	}
}

// okText is what a collector answered, in words where it answered in protobuf.
func okText(response *http.Response, text []byte) string {
	if strings.Contains(response.Header.Get("Content-Type"), "json") {
		return string(text)
	}
	return "taken"
}

func retryAfter(response *http.Response) time.Duration {
	seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return time.Second
	}
	return min(time.Duration(seconds)*time.Second, time.Minute)
}
