package clienttest

// Qwen Code.
var Qwen = register(Client{Name: "qwen", Model: "qwen3-coder-plus", program: "qwen", prepare: qwenSettings, env: qwenEnv, prompt: qwenPrompt})

func qwenSettings(r Run) error {
	return r.settings(".qwen/settings.json", `{"security":{"auth":{"selectedType":"openai"},"folderTrust":{"enabled":false}},
"general":{"disableAutoUpdate":true,"enableAutoUpdate":false},"privacy":{"usageStatisticsEnabled":false}}`)
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
