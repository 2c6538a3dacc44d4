package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

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
			sender, err := findSender(s, endpoint, tokenFile)
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

// findSender takes what is not given from the running or configured system.
func findSender(s *settings, endpoint, tokenFile string) (*sender, error) {
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
	return newSender(endpoint, token), nil
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
