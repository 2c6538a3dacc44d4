package clienttest

// Qwen Code.
var Qwen = register(Client{Name: "qwen", program: ".bin/qwen", prepare: qwenSettings, env: qwenEnv, prompt: qwenPrompt, terminal: terminalWords{
	args: []string{"--approval-mode", "default"}, ready: "Type your message", question: "Apply this change?", keys: map[Answer]string{Yes: "1", No: "3"}, quit: "/quit",
}})

// qwenSettings switch off what is asked of the model while a terminal is left:
// it may be served and never told.
func qwenSettings(r Run) error {
	return r.settings(".qwen/settings.json", `{"security":{"auth":{"selectedType":"openai"},"folderTrust":{"enabled":false}},
"general":{"disableAutoUpdate":true,"enableAutoUpdate":false},"privacy":{"usageStatisticsEnabled":false},"ui":{"enableFollowupSuggestions":false}}`)
}

func qwenEnv(r Run) []string {
	env := []string{"OPENAI_API_KEY=" + key, "OPENAI_BASE_URL=" + r.Model + "/v1", "OPENAI_MODEL=qwen3-coder-plus"}
	return append(env, forkEnv("QWEN", r.Telemetry)...)
}

func qwenPrompt(p Prompt) []string {
	args := []string{"--auth-type", "openai"}
	if p.Continue {
		args = append(args, "--continue")
	}
	if p.Mode == Accept {
		args = append(args, "--approval-mode", "yolo")
	}
	if p.Text != "" {
		args = append(args, "--prompt", p.Text)
	}
	return args
}
