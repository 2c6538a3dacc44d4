package clienttest

import "fmt"

// key is what clients send to the model as their secret.
const key = "sk-loopback-0000000000000000000000000000000000000000"

// Claude Code. Its terminal asks about the key and the folder unless its settings
// say that both were accepted.
var Claude = register(claude("claude", "@anthropic-ai/claude-code"))

// ClaudeEarlier lacks attributes that came since, and events.
var ClaudeEarlier = register(claude("claude-earlier", "claude-code-earlier"))

func claude(name, folder string) Client {
	return Client{Name: name, program: folder + "/bin/claude.exe", prepare: claudeSettings, env: claudeEnv, prompt: claudePrompt, terminal: terminalWords{
		args: []string{"--permission-mode", "default"}, ready: "❯", question: "Do you want to", keys: map[Answer]string{Yes: "1", No: "3"}, quit: "/exit",
	}}
}

func claudeSettings(r Run) error {
	return r.settings(".claude.json", fmt.Sprintf(`{"hasCompletedOnboarding":true,"theme":"dark","customApiKeyResponses":{"approved":[%q],"rejected":[]},
"projects":{%q:{"hasTrustDialogAccepted":true,"hasCompletedProjectOnboarding":true}}}`, key[len(key)-20:], r.Work()))
}

func claudeEnv(r Run) []string {
	t := r.Telemetry
	env := []string{
		"ANTHROPIC_BASE_URL=" + r.Model, "ANTHROPIC_API_KEY=" + key, "ANTHROPIC_MODEL=claude-sonnet-5",
		"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1", "DISABLE_AUTOUPDATER=1",
		"CLAUDE_CODE_ENABLE_TELEMETRY=1", "CLAUDE_CODE_ENHANCED_TELEMETRY_BETA=1",
		"OTEL_LOGS_EXPORTER=" + t.exporter("logs"), "OTEL_METRICS_EXPORTER=" + t.exporter("metrics"), "OTEL_TRACES_EXPORTER=" + t.exporter("traces"),
		"OTEL_METRIC_EXPORT_INTERVAL=2000", "OTEL_LOGS_EXPORT_INTERVAL=1000",
	}
	if t.Content {
		env = append(env, "OTEL_LOG_USER_PROMPTS=1", "OTEL_LOG_TOOL_DETAILS=1")
	}
	return env
}

func claudePrompt(p Prompt) []string {
	var args []string
	if p.Continue {
		args = append(args, "--continue")
	}
	if p.Mode == Accept {
		args = append(args, "--allowedTools", "Bash,Write,Edit,Read,Task,Agent")
	}
	if p.Text != "" {
		args = append(args, "-p", p.Text)
	}
	return args
}
