package clienttest

// Copilot CLI, without a login. It exports no logs.
var Copilot = register(Client{Name: "copilot", program: ".bin/copilot", env: copilotEnv, prompt: copilotPrompt, terminal: terminalWords{
	greeting: "Do you trust", greet: "1", ready: "/ commands", question: "Do you want to create", keys: map[Answer]string{Yes: "1", No: "3 no Enter"}, goesOn: true, quit: "/exit",
}})

func copilotEnv(r Run) []string {
	env := []string{
		"COPILOT_OFFLINE=true", "COPILOT_PROVIDER_BASE_URL=" + r.Model + "/v1", "COPILOT_PROVIDER_TYPE=openai", "COPILOT_PROVIDER_API_KEY=" + key,
		"COPILOT_MODEL=gpt-5.5", "COPILOT_HOME=" + r.Home() + "/.copilot", "COPILOT_AUTO_UPDATE=false",
		"COPILOT_OTEL_ENABLED=true", "COPILOT_OTEL_EXPORTER_TYPE=otlp-http", "OTEL_METRIC_EXPORT_INTERVAL=2000",
	}
	if r.Telemetry.Content {
		env = append(env, "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true")
	}
	return env
}

func copilotPrompt(p Prompt) []string {
	args := []string{"--no-auto-update"}
	if p.Continue {
		args = append(args, "--continue")
	}
	if p.Mode == Accept {
		args = append(args, "--allow-all-tools", "--allow-all-paths")
	}
	if p.Text != "" {
		args = append(args, "--prompt", p.Text)
	}
	return args
}
