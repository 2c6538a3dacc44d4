package model

import (
	"encoding/json"
	"io"
)

// anthropic is the Messages protocol. It counts the cache apart from the input
// and reasoning within the output; the model does not reason here.
type anthropic struct{}

func (anthropic) read(_ string, body []byte) (conversation, error) {
	var request struct {
		Model    string
		Stream   bool
		Tools    []struct{ Name string }
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
		c.tools[tool.Name] = manner{}
	}
	for _, message := range request.Messages {
		if message.Role == "user" {
			c.turns = append(c.turns, message.Content.turn())
		}
	}
	return c, nil
}

func (anthropic) usage(t Tokens) Tokens {
	t.Reasoning = 0
	return t
}

func (anthropic) tokens(t Tokens) object {
	return object{"input_tokens": t.Input, "cache_read_input_tokens": t.CacheRead, "cache_creation_input_tokens": t.CacheWrite, "output_tokens": t.Output}
}

func (a anthropic) whole(c conversation, r reply) object {
	block, reason := object{"type": "text", "text": r.text}, "end_turn"
	if r.call != nil {
		block, reason = object{"type": "tool_use", "id": "toolu_" + r.id, "name": r.call.name, "input": r.call.arguments}, "tool_use"
	}
	return object{"id": "msg_" + r.id, "type": "message", "role": "assistant", "model": c.model,
		"content": []any{block}, "stop_reason": reason, "stop_sequence": nil, "usage": a.tokens(r.usage)}
}

func (a anthropic) stream(w io.Writer, c conversation, r reply) {
	message := a.whole(c, r)
	block, reason := message["content"].([]any)[0].(object), message["stop_reason"]
	delta := object{"type": "text_delta", "text": r.text}
	if r.call != nil {
		delta = object{"type": "input_json_delta", "partial_json": encode(r.call.arguments)}
		block["input"] = object{}
	} else {
		block["text"] = ""
	}
	message["content"], message["stop_reason"] = []any{}, nil
	send(w, "message_start", object{"type": "message_start", "message": message})
	send(w, "content_block_start", object{"type": "content_block_start", "index": 0, "content_block": block})
	send(w, "content_block_delta", object{"type": "content_block_delta", "index": 0, "delta": delta})
	send(w, "content_block_stop", object{"type": "content_block_stop", "index": 0})
	send(w, "message_delta", object{"type": "message_delta", "delta": object{"stop_reason": reason, "stop_sequence": nil}, "usage": a.tokens(r.usage)})
	send(w, "message_stop", object{"type": "message_stop"})
}
