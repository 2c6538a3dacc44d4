package model

import (
	"encoding/json"
	"io"
)

// chat is OpenAI's Chat Completions protocol; it counts tokens as responses does.
type chat struct{}

func (chat) read(_ string, body []byte) (conversation, error) {
	var request struct {
		Model    string
		Stream   bool
		Tools    []offer
		Messages []struct {
			Role    string
			Content content
		}
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return conversation{}, err
	}
	c := conversation{model: request.Model, stream: request.Stream, tools: map[string]manner{}}
	for _, tool := range request.Tools {
		tool.names(c.tools, "")
	}
	for _, message := range request.Messages {
		switch message.Role {
		case "user":
			c.turns = append(c.turns, message.Content.turn())
		case "tool":
			c.turns = append(c.turns, turn{results: 1})
		}
	}
	return c, nil
}

func (chat) usage(t Tokens) Tokens { return responses{}.usage(t) }

func (chat) tokens(t Tokens) object {
	return object{
		"prompt_tokens": t.Input + t.CacheRead, "prompt_tokens_details": object{"cached_tokens": t.CacheRead},
		"completion_tokens": t.Output + t.Reasoning, "completion_tokens_details": object{"reasoning_tokens": t.Reasoning},
		"total_tokens": t.Input + t.CacheRead + t.Output + t.Reasoning,
	}
}

// choice is the answer, as a message or as the one piece of a stream.
func (chat) choice(r reply, field string) object {
	message, reason := object{"role": "assistant", "content": r.text}, "stop"
	if r.call != nil {
		asked := object{"index": 0, "id": r.id, "type": "function", "function": object{"name": r.call.name, "arguments": encode(r.call.arguments)}}
		if r.call.free != "" {
			asked = object{"index": 0, "id": r.id, "type": "custom", "custom": object{"name": r.call.name, "input": r.call.free}}
		}
		message = object{"role": "assistant", "content": nil, "tool_calls": []any{asked}}
		reason = "tool_calls"
	}
	return object{"index": 0, field: message, "finish_reason": reason}
}

func (p chat) whole(c conversation, r reply) object {
	return object{"id": "chatcmpl-" + r.id, "object": "chat.completion", "created": 1, "model": c.model,
		"choices": []any{p.choice(r, "message")}, "usage": p.tokens(r.usage)}
}

func (p chat) stream(w io.Writer, c conversation, r reply) {
	chunk := object{"id": "chatcmpl-" + r.id, "object": "chat.completion.chunk", "created": 1, "model": c.model}
	piece := p.choice(r, "delta")
	reason := piece["finish_reason"]
	piece["finish_reason"] = nil
	chunk["choices"] = []any{piece}
	send(w, "", chunk)
	chunk["choices"] = []any{object{"index": 0, "delta": object{}, "finish_reason": reason}}
	send(w, "", chunk)
	chunk["choices"], chunk["usage"] = []any{}, p.tokens(r.usage)
	send(w, "", chunk)
	_, _ = io.WriteString(w, "data: [DONE]\n\n")
}
