package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// toolsCommand runs `uptake tools …` in this process.
func toolsCommand(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	root := newRoot()
	root.SetOut(&out)
	root.SetArgs(append([]string{"tools"}, args...))
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

func TestTryShowsEachRecordAndWhatIsNotRead(t *testing.T) {
	out, err := toolsCommand(t, "try", "../../schema/tools/testdata/claude-code/c-ls.logs.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"user_prompt", "prompt", "person by attribute", "211 input, 2003 cache read, 23 output", "assistant_response", "no rule of the tool's file is for it", "it can hold content"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if strings.Contains(out, "Zanzibar") || strings.Contains(out, "lab.test") {
		t.Errorf("values of attributes are shown:\n%s", out)
	}
}

func TestTryReadsASitesOwnFile(t *testing.T) {
	dir, beside := t.TempDir(), t.TempDir()
	write := func(dir, name, content string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write(dir, "own.yaml", "id: own\nname: Own\nvendor: Us\ncategory: other\nrecognise: {services: [own]}\nauthority: {prompts: [spans]}\nspans: {records: [{name: ask, action: prompt, at: start}]}\n")
	body := write(beside, "body.json", `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"own"}}]},"scopeSpans":[{"spans":[
		{"name":"ask","spanId":"0102030405060708","startTimeUnixNano":"1795334842000000000","endTimeUnixNano":"1795334843000000000"}]}]}]}`)
	settings := write(beside, "settings.yaml", "tools: "+dir+"\n")
	out, err := toolsCommand(t, "try", body, "--config", settings)
	if err != nil || !strings.Contains(out, "own   ask     prompt") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestToolsRefuseWhatTheyCannotTell(t *testing.T) {
	name := filepath.Join(t.TempDir(), "body.pb")
	if err := os.WriteFile(name, []byte{0xff, 0xff}, 0o600); err != nil {
		t.Fatal(err)
	}
	event := filepath.Join(t.TempDir(), "event.json")
	setFile(t, event, `{"time":"2026-11-20T09:15:02Z","tool":"codex","action":"prompt"}`)
	for want, args := range map[string][]string{
		"--signal":  {"try", name},
		"malformed": {"try", name, "--signal", "logs"},
		"none of":   {"try", name, "--signal", "spans"},
		"no OTLP":   {"try", event},
		"no tool":   {"show", "nonsense"},
		"no such":   {"try", name + ".missing"},
	} {
		_, err := toolsCommand(t, args...)
		var usage usageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %q", args, err, want)
		}
	}
}
