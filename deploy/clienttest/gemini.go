package clienttest

import "strings"

// Gemini CLI.
var Gemini = register(Client{Name: "gemini", program: ".bin/gemini", prepare: geminiSettings, env: geminiEnv, prompt: geminiPrompt, terminal: terminalWords{
	ready: "Type your message", question: "Apply this change?", keys: map[Answer]string{Yes: "1", No: "4"}, quit: "/quit",
}})

func geminiSettings(r Run) error {
	return r.settings(".gemini/settings.json", `{"security":{"auth":{"selectedType":"gemini-api-key"},"folderTrust":{"enabled":false}},
"general":{"disableAutoUpdate":true,"enableAutoUpdate":false},"privacy":{"usageStatisticsEnabled":false},"ui":{"theme":"Default"}}`)
}

func geminiEnv(r Run) []string {
	env := []string{"GEMINI_API_KEY=" + key, "GOOGLE_GEMINI_BASE_URL=" + r.Model, "GEMINI_CLI_TRUST_WORKSPACE=true", "GEMINI_MODEL=gemini-2.5-pro"}
	return append(env, forkEnv("GEMINI", r.Telemetry)...)
}

// forkEnv are the telemetry variables that Gemini CLI and its fork share.
func forkEnv(prefix string, t Telemetry) []string {
	protocol := t.Protocol
	if strings.HasPrefix(protocol, "http") {
		protocol = "http"
	}
	content := "false"
	if t.Content {
		content = "true"
	}
	return []string{
		prefix + "_TELEMETRY_ENABLED=true", prefix + "_TELEMETRY_TARGET=local", prefix + "_TELEMETRY_OTLP_ENDPOINT=" + t.Endpoint,
		prefix + "_TELEMETRY_OTLP_PROTOCOL=" + protocol, prefix + "_TELEMETRY_LOG_PROMPTS=" + content,
	}
}

func geminiPrompt(p Prompt) []string {
	args := []string{"--model", "gemini-2.5-pro"}
	if p.Continue {
		args = append(args, "--resume", "latest")
	}
	if p.Mode == Accept {
		args = append(args, "--approval-mode", "yolo")
	}
	if p.Text != "" {
		args = append(args, "--prompt", p.Text)
	}
	return args
}
