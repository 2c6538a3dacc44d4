package tools

import (
	"strings"
	"testing"
	"testing/fstest"
)

// ids are those of the contract with senders; there may be more.
const ids = `claude-code, claude-cowork, codex, gemini-cli, qwen-code, copilot-cli, copilot-vscode, opencode, cline, genai-sdk, litellm, cursor, windsurf,
chatgpt, claude-web, gemini-web, notebooklm, copilot-web, m365-copilot, perplexity, grok, mistral-lechat, deepseek, uptake-extension`

func load(t *testing.T, files map[string]string) (*Catalogue, error) {
	t.Helper()
	folder := fstest.MapFS{}
	for name, content := range files {
		folder[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return Load(folder)
}

func TestBuiltinFilesNameEveryToolOfTheContract(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	named := strings.FieldsFunc(ids, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' })
	for _, id := range named {
		if c.Tool(id) == nil {
			t.Errorf("no file has the id %s", id)
		}
	}
}

func TestRecogniseByServiceThenScopeNeverByEventName(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ service, scope, want string }{
		{"claude-code", "", "claude-code"},
		{"renamed-by-it", "com.anthropic.claude_code.events", "claude-code"},
		{"cowork", "com.anthropic.claude_code.events", "claude-cowork"},
		{"codex_exec", "codex_otel::metrics::client", "codex"},
		{"Codex Desktop", "", "codex"},
		{"", "codex_otel.log_only", "codex"},
		{"gemini-cli", "gemini-cli", "gemini-cli"},
		{"github-copilot", "github.copilot", "copilot-cli"},
		{"copilot-chat", "github.copilot", "copilot-vscode"},
		{"opencode", "ai", "opencode"},
		{"shop", "ai", "genai-sdk"},
		{"shop", "opentelemetry.instrumentation.openai_v2", "genai-sdk"},
		{"shop", "opentelemetry.instrumentation.openai.v1", "openllmetry"},
		{"shop", "@traceloop/instrumentation-anthropic", "openllmetry"},
		{"litellm", "opentelemetry.instrumentation.openai.v1", "litellm"},
		{"user_prompt", "user_prompt", ""},
		{"", "", ""},
	} {
		got := ""
		if tool := c.Recognise(tt.service, tt.scope); tool != nil {
			got = tool.ID
		}
		if got != tt.want {
			t.Errorf("service %q, scope %q: got %q, want %q", tt.service, tt.scope, got, tt.want)
		}
	}
}

func TestFilesAreReadStrictly(t *testing.T) {
	const head = "id: own\nname: Own\nvendor: Us\ncategory: coding\nrecognise: {services: [own]}\nauthority: {prompts: [logs], lines: [metrics]}\n"
	for name, tt := range map[string]struct{ content, want string }{
		"unknown key":             {head + "colour: red\n", `unknown field "colour"`},
		"unknown key in a rule":   {head + "logs: {records: [{name: x, action: prompt, colour: red}]}\n", `unknown field "colour"`},
		"repeated key":            {head + "id: other\n", "already defined"},
		"bad id":                  {"id: Own Tool\nname: Own\nvendor: Us\ncategory: coding\n", "id:"},
		"the label of the rest":   {"id: unknown\nname: Own\nvendor: Us\ncategory: coding\n", "id:"},
		"taken id":                {"id: codex\nname: Own\nvendor: Us\ncategory: coding\n", "id of another file"},
		"taken service":           {"id: own\nname: Own\nvendor: Us\ncategory: coding\nrecognise: {services: [claude-code]}\n", "already means claude-code"},
		"unknown category":        {"id: own\nname: Own\nvendor: Us\ncategory: toys\n", "category:"},
		"unknown action":          {head + "logs: {records: [{name: x, action: dance}]}\n", `logs.records[0]: action[0]: "dance"`},
		"no authority":            {head + "logs: {records: [{name: x, action: request}]}\n", "authority.requests"},
		"condition without a say": {head + "logs: {records: [{name: x, action: prompt, when: [{attribute: a}]}]}\n", "when[0]"},
		"unknown measure":         {head + "metrics: [{name: x, measure: joy}]\n", `measure[0]: "joy"`},
		"nothing to tell it by":   {"id: own\nname: Own\nvendor: Us\ncategory: coding\nlogs: {records: [{name: x, action: prompt}]}\n", "recognise:"},
		"unknown identity kind":   {head + "identity: [{attribute: a, kind: guess}]\n", "identity[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, map[string]string{"own.yaml": tt.content})
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "own.yaml") {
				t.Errorf("got %v, want the file's name and %q", err, tt.want)
			}
		})
	}
}

func TestSiteFolderAddsTools(t *testing.T) {
	c, err := load(t, map[string]string{
		"own.yaml":  "id: own\nname: Own\nvendor: Us\ncategory: other\nrecognise: {service_prefixes: [own-]}\n",
		"notes.txt": "not a tool",
	})
	if err != nil {
		t.Fatal(err)
	}
	if tool := c.Recognise("own-thing", ""); tool == nil || tool.ID != "own" {
		t.Errorf("got %v, want the site's tool", tool)
	}
}

func TestEveryFileExplainsItself(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range c.Tools() {
		file := tool.File()
		mapped := len(file.Logs.Records)+len(file.Spans.Records)+len(file.Metrics) > 0
		switch {
		case file.About == "" || len(file.Rollout.Environment)+len(file.Rollout.Files)+len(file.Rollout.Notes) == 0:
			t.Errorf("%s does not say what is counted, or what IT sets", tool.ID)
		case mapped && len(file.Content) == 0:
			t.Errorf("%s does not say what it never reads", tool.ID)
		}
	}
}
