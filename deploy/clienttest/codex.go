package clienttest

import (
	"fmt"
	"strings"
)

// Codex CLI. Its exporters are settings of their own, one per signal.
var Codex = register(Client{Name: "codex", program: ".bin/codex", prepare: codexSettings, env: codexEnv, prompt: codexPrompt, terminal: terminalWords{
	args: []string{"--no-daemon", "--sandbox", "read-only", "--ask-for-approval", "on-request"}, greeting: "Try new model", greet: "2",
	ready: "Ask Codex", question: "Would you like to make", keys: map[Answer]string{Yes: "y", No: "3"}, quit: "/quit",
}})

func codexSettings(r Run) error {
	t := r.Telemetry
	var text strings.Builder
	fmt.Fprintf(&text, `model = "gpt-5.5"
model_provider = "loopback"
check_for_update_on_startup = false

[model_providers.loopback]
name = "Loopback"
base_url = "%s/v1"
wire_api = "responses"
env_key = "OPENAI_API_KEY"

[features]
multi_agent_v2 = true

[projects."%s"]
trust_level = "trusted"

[otel]
environment = "test"
log_user_prompt = %t
`, r.Model, r.Work(), t.Content)
	for signal, table := range map[string]string{"logs": "exporter", "metrics": "metrics_exporter", "traces": "trace_exporter"} {
		if t.exports(signal) {
			text.WriteString(codexExporter(t, signal, table))
		}
	}
	return r.settings(".codex/config.toml", text.String())
}

func codexExporter(t Telemetry, signal, table string) string {
	kind, endpoint, protocol := "otlp-http", t.Endpoint+"/v1/"+signal, "protocol = \"binary\"\n"
	switch t.Protocol {
	case "http/json":
		protocol = "protocol = \"json\"\n"
	case "grpc":
		kind, endpoint, protocol = "otlp-grpc", t.Endpoint, ""
	}
	return fmt.Sprintf("\n[otel.%s.%s]\nendpoint = %q\n%sheaders = { Authorization = %q }\n", table, kind, endpoint, protocol, "Bearer "+t.Token)
}

func codexEnv(r Run) []string {
	return []string{"OPENAI_API_KEY=" + key, "CODEX_HOME=" + r.Home() + "/.codex"}
}

func codexPrompt(p Prompt) []string {
	if p.Text == "" {
		return nil
	}
	args := []string{"exec", "--skip-git-repo-check"}
	if p.Mode == Accept {
		args = append(args, "--dangerously-bypass-approvals-and-sandbox")
	}
	if p.Continue {
		args = append(args, "resume", "--last")
	}
	return append(args, p.Text)
}
