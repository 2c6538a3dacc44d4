package model

import (
	"encoding/json"
	"io"
	"path"
	"strings"
)

// gemini is Gemini's protocol: input includes what came from the cache, output
// does not include thoughts.
type gemini struct{}

func (gemini) read(urlPath string, body []byte) (conversation, error) {
	var request struct {
		Tools []struct {
			FunctionDeclarations []struct{ Name string }
		}
		Contents []struct {
			Role  string
			Parts []struct {
				Text             string
				FunctionResponse *object
			}
		}
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return conversation{}, err
	}
	name, method, _ := strings.Cut(path.Base(urlPath), ":")
	c := conversation{model: name, stream: strings.HasPrefix(method, "stream"), tools: map[string]manner{}}
	for _, group := range request.Tools {
		for _, tool := range group.FunctionDeclarations {
			c.tools[tool.Name] = manner{}
		}
	}
	for _, message := range request.Contents {
		var t turn
		for _, p := range message.Parts {
			t.text += p.Text + "\n"
			if p.FunctionResponse != nil {
				t.results++
			}
		}
		if message.Role != "model" {
			c.turns = append(c.turns, t)
		}
	}
	return c, nil
}

func (gemini) usage(t Tokens) Tokens {
	t.CacheWrite = 0
	return t
}

func (gemini) whole(c conversation, r reply) object {
	part := object{"text": r.text}
	if r.call != nil {
		part = object{"functionCall": object{"id": r.id, "name": r.call.name, "args": r.call.arguments}}
	}
	return object{
		"candidates":   []any{object{"index": 0, "finishReason": "STOP", "content": object{"role": "model", "parts": []any{part}}}},
		"modelVersion": c.model, "responseId": r.id,
		"usageMetadata": object{
			"promptTokenCount": r.usage.Input + r.usage.CacheRead, "cachedContentTokenCount": r.usage.CacheRead,
			"candidatesTokenCount": r.usage.Output, "thoughtsTokenCount": r.usage.Reasoning,
			"totalTokenCount": r.usage.Input + r.usage.CacheRead + r.usage.Output + r.usage.Reasoning,
		},
	}
}

func (p gemini) stream(w io.Writer, c conversation, r reply) {
	send(w, "", p.whole(c, r))
}
