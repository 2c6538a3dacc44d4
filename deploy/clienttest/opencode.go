package clienttest

import "fmt"

// OpenCode. It has no switch for content and exits before its spans are sent,
// unless these are sent at once.
var OpenCode = register(Client{Name: "opencode", program: ".bin/opencode", prepare: opencodeSettings, env: opencodeEnv, prompt: opencodePrompt})

func opencodeSettings(r Run) error {
	return r.settings(".config/opencode/opencode.json", fmt.Sprintf(`{"autoupdate":false,"share":"disabled","model":"openai/gpt-5.5","small_model":"openai/gpt-5-mini","username":%q,
"experimental":{"openTelemetry":true},
"provider":{"openai":{"options":{"baseURL":%q,"apiKey":%q},"models":{"gpt-5.5":{"name":"gpt-5.5"},"gpt-5-mini":{"name":"gpt-5-mini"}}}}}`,
		r.Telemetry.User, r.Model+"/v1", key))
}

func opencodeEnv(Run) []string {
	return []string{"OPENCODE_DISABLE_AUTOUPDATE=true", "OPENCODE_DISABLE_MODELS_FETCH=true", "OPENCODE_DISABLE_LSP_DOWNLOAD=true", "OTEL_BSP_SCHEDULE_DELAY=50"}
}

func opencodePrompt(p Prompt) []string {
	if p.Text == "" {
		return nil
	}
	args := []string{"run"}
	if p.Continue {
		args = append(args, "--continue")
	}
	return append(args, p.Text)
}
