package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// dialects ask each protocol the same: a prompt, the names of the tools, and
// whether results of tools came after it.
var dialects = map[string]struct {
	path string
	body func(prompt, tool string, results int) object
	told Tokens // of a call of the kind "tool"
}{
	"Messages": {"/v1/messages", messages, Tokens{Input: 211, CacheRead: 2003, Output: 23}},
	"Responses": {"/v1/responses", func(prompt, tool string, results int) object {
		input := []any{object{"type": "message", "role": "user", "content": []any{object{"type": "input_text", "text": prompt}}}}
		for range results {
			input = append(input, object{"type": "function_call_output", "output": "done"})
		}
		return object{"model": "m", "stream": true, "tools": []any{object{"type": "function", "name": tool}}, "input": input}
	}, Tokens{Input: 211, CacheRead: 2003, Output: 23, Reasoning: 13}},
	"Chat Completions": {"/v1/chat/completions", func(prompt, tool string, results int) object {
		turns := []any{object{"role": "user", "content": prompt}}
		for range results {
			turns = append(turns, object{"role": "tool", "content": "done"})
		}
		return object{"model": "m", "stream": true, "tools": []any{object{"type": "function", "function": object{"name": tool}}}, "messages": turns}
	}, Tokens{Input: 211, CacheRead: 2003, Output: 23, Reasoning: 13}},
	"Gemini": {"/v1beta/models/m:streamGenerateContent", func(prompt, tool string, results int) object {
		turns := []any{object{"role": "user", "parts": []any{object{"text": prompt}}}}
		for range results {
			turns = append(turns, object{"role": "user", "parts": []any{object{"functionResponse": object{"name": tool}}}})
		}
		return object{"tools": []any{object{"functionDeclarations": []any{object{"name": tool}}}}, "contents": turns}
	}, Tokens{Input: 211, CacheRead: 2003, Output: 23, Reasoning: 13}},
}

func messages(prompt, tool string, results int) object {
	turns := []any{object{"role": "user", "content": prompt}}
	for range results {
		turns = append(turns, object{"role": "user", "content": []any{object{"type": "tool_result", "content": "done"}}})
	}
	return object{"model": "m", "stream": true, "tools": []any{object{"name": tool}}, "messages": turns}
}

func TestEachProtocolAsksForAToolThenAnswers(t *testing.T) {
	for name, dialect := range dialects {
		t.Run(name, func(t *testing.T) {
			m := started(t)
			if answer := m.ask(t, dialect.path, dialect.body("please do LS", "bash", 0)); !strings.Contains(answer, `"bash"`) {
				t.Errorf("no tool is asked for: %s", answer)
			}
			if told := m.Truth().Tokens; told != dialect.told {
				t.Errorf("tokens %+v, want %+v", told, dialect.told)
			}
			if answer := m.ask(t, dialect.path, dialect.body("please do LS", "bash", 1)); !strings.Contains(answer, "That is done.") {
				t.Errorf("no answer: %s", answer)
			}
			truth := m.Truth()
			if got := fmt.Sprint(truth.Calls, truth.ToolUses, truth.Answered); got != "map[final:1 tool:1] map[bash:1] 2" {
				t.Error(got)
			}
		})
	}
}

func TestWhatNoPromptAskedForIsAside(t *testing.T) {
	m := started(t)
	m.ask(t, "/v1/messages", messages("name this conversation", "Bash", 0))
	m.ask(t, "/v1/messages", object{"messages": []any{object{"role": "user", "content": "do PLAIN"}}})
	if calls := m.Truth().Calls; calls["side"] != 2 {
		t.Error(calls)
	}
}

func TestFailures(t *testing.T) {
	m := started(t)
	for range 2 {
		m.ask(t, "/v1/messages", messages("do ERROR400", "Bash", 0))
		m.ask(t, "/v1/messages", messages("do ERROR500", "Bash", 0))
	}
	truth := m.Truth()
	if truth.Failed != 3 || truth.Answered != 1 || truth.Tokens != (Tokens{Input: 101, CacheRead: 1009, CacheWrite: 53, Output: 11}) {
		t.Errorf("%+v", truth)
	}
}

func started(t *testing.T) *Model {
	t.Helper()
	m, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

func (m *Model) ask(t *testing.T, path string, body object) string {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Post(m.URL()+path, "application/json", bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}
