package model

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// protocol is one way to talk to a model.
type protocol interface {
	read(path string, body []byte) (conversation, error)
	// usage returns what the protocol can tell of a call's tokens.
	usage(Tokens) Tokens
	whole(conversation, reply) object
	stream(io.Writer, conversation, reply)
}

func protocolOf(path string) protocol {
	switch {
	case strings.Contains(path, "/messages"):
		return anthropic{}
	case strings.HasSuffix(path, "/responses"):
		return responses{}
	case strings.HasSuffix(path, "/chat/completions"):
		return chat{}
	case strings.Contains(path, ":generateContent"), strings.Contains(path, ":streamGenerateContent"), strings.Contains(path, ":countTokens"):
		return gemini{}
	default:
		return nil
	}
}

func answerJSON(w http.ResponseWriter, status int, body object) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// send writes one server-sent event; without a name where the protocol has none.
func send(w io.Writer, name string, data any) {
	text, err := json.Marshal(data)
	if err != nil {
		panic("model: an answer is no JSON: " + err.Error())
	}
	if name != "" {
		fmt.Fprintf(w, "event: %s\n", name)
	}
	fmt.Fprintf(w, "data: %s\n\n", text)
}

func encode(arguments object) string {
	text, err := json.Marshal(arguments)
	if err != nil {
		panic("model: arguments are no JSON: " + err.Error())
	}
	return string(text)
}

// content is a message's content: a text, or parts of which some have text.
type content []part

type part struct {
	Type string `json:"type"`
	Text string `json:"text"`
	// Sealed is a text from one agent to another.
	Sealed string `json:"encrypted_content"`
}

// UnmarshalJSON takes a bare text for one part.
func (c *content) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*c = content{{Type: "text", Text: text}}
		return nil
	}
	var parts []part
	if err := json.Unmarshal(b, &parts); err != nil {
		return fmt.Errorf("content: %w", err)
	}
	*c = parts
	return nil
}

// turn joins the parts of a message.
func (c content) turn() turn {
	var t turn
	for _, p := range c {
		if p.Type == "tool_result" {
			t.results++
		}
		t.text += p.Text + p.Sealed + "\n"
	}
	return t
}
