package model

import (
	"encoding/json"
	"io"
	"strings"
)

// responses is OpenAI's Responses protocol: input includes what came from the
// cache, output includes reasoning.
type responses struct{}

// offer is a tool, or a named group of tools.
type offer struct {
	Type     string
	Name     string
	Function struct{ Name string }
	Custom   struct{ Name string }
	Tools    []offer
}

func (o offer) names(into map[string]manner, group string) {
	into[o.Name+o.Function.Name+o.Custom.Name] = manner{text: o.Type == "custom", group: group}
	for _, inner := range o.Tools {
		inner.names(into, o.Name)
	}
}

func (responses) read(_ string, body []byte) (conversation, error) {
	var request struct {
		Model  string
		Stream bool
		Tools  []offer
		Input  json.RawMessage
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return conversation{}, err
	}
	c := conversation{model: request.Model, stream: request.Stream, tools: map[string]manner{}}
	for _, tool := range request.Tools {
		tool.names(c.tools, "")
	}
	var text string
	if json.Unmarshal(request.Input, &text) == nil {
		c.turns = []turn{{text: text}}
		return c, nil
	}
	var items []struct {
		Type    string
		Role    string
		Content content
	}
	if err := json.Unmarshal(request.Input, &items); err != nil {
		return conversation{}, err
	}
	for _, item := range items {
		switch {
		case item.Role == "user", item.Type == "agent_message":
			c.turns = append(c.turns, item.Content.turn())
		case strings.HasSuffix(item.Type, "_output"):
			c.turns = append(c.turns, turn{results: 1})
		}
	}
	return c, nil
}

func (responses) usage(t Tokens) Tokens {
	t.CacheWrite = 0
	return t
}

func (responses) whole(c conversation, r reply) object {
	item := object{"type": "message", "id": "msg_" + r.id, "status": "completed", "role": "assistant",
		"content": []any{object{"type": "output_text", "text": r.text, "annotations": []any{}}}}
	switch {
	case r.call != nil && r.call.free != "":
		item = object{"type": "custom_tool_call", "id": "ctc_" + r.id, "call_id": r.id, "name": r.call.name, "input": r.call.free}
	case r.call != nil:
		item = object{"type": "function_call", "id": "fc_" + r.id, "call_id": r.id, "name": r.call.name, "arguments": encode(r.call.arguments), "status": "completed"}
	}
	if r.call != nil && r.call.group != "" {
		item["namespace"] = r.call.group
	}
	return object{"id": "resp_" + r.id, "object": "response", "model": c.model, "status": "completed", "output": []any{item}, "usage": object{
		"input_tokens": r.usage.Input + r.usage.CacheRead, "input_tokens_details": object{"cached_tokens": r.usage.CacheRead},
		"output_tokens": r.usage.Output + r.usage.Reasoning, "output_tokens_details": object{"reasoning_tokens": r.usage.Reasoning},
		"total_tokens": r.usage.Input + r.usage.CacheRead + r.usage.Output + r.usage.Reasoning,
	}}
}

func (p responses) stream(w io.Writer, c conversation, r reply) {
	whole := p.whole(c, r)
	item := whole["output"].([]any)[0]
	start := object{"id": whole["id"], "object": "response", "model": c.model, "status": "in_progress", "output": []any{}}
	send(w, "response.created", object{"type": "response.created", "response": start})
	send(w, "response.output_item.added", object{"type": "response.output_item.added", "output_index": 0, "item": item})
	if r.call == nil {
		send(w, "response.output_text.delta", object{"type": "response.output_text.delta", "item_id": "msg_" + r.id, "output_index": 0, "content_index": 0, "delta": r.text})
	}
	send(w, "response.output_item.done", object{"type": "response.output_item.done", "output_index": 0, "item": item})
	send(w, "response.completed", object{"type": "response.completed", "response": whole})
}
