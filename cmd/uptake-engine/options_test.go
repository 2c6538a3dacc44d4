package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestWrongOptionsAreNamed(t *testing.T) {
	good := []string{"--path=/data", "--library=/lib/libchdb.so", "--password-file=/nowhere/password"}
	for want, extra := range map[string]string{
		"loopback only":     "--listen=0.0.0.0:9000",
		"want host:port":    "--listen=9000",
		"absolute path":     "--path=data",
		"another name":      "--readonly-user=uptake",
		"go together":       "--readonly-password-file=x",
		"at least":          "--memory-bytes=1",
		"want 1 to 5000":    "--max-connections=0",
		"not defined":       "--no-such-flag",
		"password of user":  "--listen=127.0.0.1:0",
		"of libchdb.so":     "--library=libchdb.so",
		"with the password": "--password-file=",
	} {
		arguments := append(append([]string{}, good...), extra)
		if extra == "--readonly-user=uptake" {
			arguments = append(arguments, "--readonly-password-file=x")
		}
		var stdout, stderr bytes.Buffer
		if code := run(arguments, strings.NewReader(""), &stdout, &stderr); code != 2 {
			t.Errorf("%s: exit status %d, want 2", extra, code)
		}
		var line status
		if err := json.Unmarshal(stdout.Bytes(), &line); err != nil || line.State != "failed" || line.Reason != reasonUse || !strings.Contains(line.Error, want) {
			t.Errorf("%s: got %s, want %q", extra, stdout.String(), want)
		}
	}
}
