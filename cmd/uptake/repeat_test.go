package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// TestTheFirstContentOfAnIDStands posts one id with several contents: in one
// request, in a later one, and with a time on another day.
func TestTheFirstContentOfAnIDStands(t *testing.T) {
	s := startUp(t, t.TempDir())
	now := time.Now().UTC()
	event := func(id string, at time.Time, output int) string {
		return fmt.Sprintf(`{"id":%q,"time":%q,"tool":"chatgpt","action":"request","person":"ada@example.com","device":"d","success":true,"tokens":{"output":%d}}`+"\n",
			id, at.Format(time.RFC3339), output)
	}
	yesterday := now.AddDate(0, 0, -1)
	for _, body := range []string{
		event("a", yesterday, 1) + event("a", yesterday, 10) + event("b", yesterday, 2) + event("a", yesterday.Add(-time.Minute), 100),
		event("b", yesterday, 20),
		event("b", yesterday.AddDate(0, 0, -3), 200),
	} {
		if status, text := s.post("/v1/events", "application/x-ndjson", "", []byte(body)); status != http.StatusOK {
			t.Fatalf("%d: %s", status, text)
		}
		s.drain()
	}
	if n := s.number("SELECT sum(tokens_output) FROM person_day"); n != 3 {
		t.Errorf("%v tokens, want 3: a later content of an id was counted", n)
	}
	if n := s.number("SELECT count() FROM person_day WHERE requests > 0"); n != 1 {
		t.Errorf("%v days with requests, want 1", n)
	}
	t.Run("another device may use the same id", func(t *testing.T) {
		body := fmt.Sprintf(`{"id":"a","time":%q,"tool":"chatgpt","action":"prompt","person":"ada@example.com","device":"other"}`, yesterday.Format(time.RFC3339))
		if status, text := s.post("/v1/events", "application/json", "", []byte(body)); status != http.StatusOK {
			t.Fatalf("%d: %s", status, text)
		}
		s.drain()
		if n := s.number("SELECT sum(prompts) FROM person_day"); n != 1 {
			t.Errorf("%v prompts, want 1", n)
		}
	})
}
