package demo_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/uptake-telemetry/uptake/deploy/demo"
)

// door stands for the collector: it keeps ids.
type door struct {
	mu  sync.Mutex
	ids map[string]bool
}

func (d *door) send(_ context.Context, body []byte) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	lines := bytes.Split(bytes.TrimSpace(body), []byte("\n"))
	for _, line := range lines {
		id, _, _ := strings.Cut(strings.TrimPrefix(string(line), `{"id":"`), `"`)
		d.ids[id] = true
	}
	return fmt.Sprintf(`{"accepted": %d, "rejected": []}`, len(lines)), nil
}

func load(ctx context.Context, o demo.Options) (demo.Result, int, error) {
	o.Company = demo.New(demo.DefaultSeed, days[0])
	// The first weeks are enough to see how loading goes.
	o.Now = days[0].AddDate(0, 0, -7*24)
	result, err := demo.Load(ctx, o)
	return result, o.Company.Count(o.Now), err
}

func TestLoadSendsEveryEventOnce(t *testing.T) {
	d := &door{ids: map[string]bool{}}
	last := 0
	result, count, err := load(t.Context(), demo.Options{Send: d.send, Progress: func(done, total int) {
		if done <= last || done > total {
			t.Errorf("progress went from %d to %d of %d", last, done, total)
		}
		last = done
	}})
	if err != nil || result.Accepted != count || len(d.ids) != count || last != count {
		t.Errorf("%+v, %d ids, progress to %d, of %d events: %v", result, len(d.ids), last, count, err)
	}
}

// answers sends nothing anywhere and gets the same answer to everything.
func answers(text string, err error) demo.Options {
	return demo.Options{Send: func(context.Context, []byte) (string, error) { return text, err }}
}

func TestLoadEndsWithWhatSendingEndsWith(t *testing.T) {
	refused := errors.New("a wrong token")
	if _, _, err := load(t.Context(), answers("", refused)); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
}

func TestLoadBelievesNoAnswerThatSaysNothing(t *testing.T) {
	for _, text := range []string{"taken", "{}", ""} {
		if _, _, err := load(t.Context(), answers(text, nil)); err == nil {
			t.Errorf("%q counts as an answer", text)
		}
	}
}

func TestLoadTellsRefusals(t *testing.T) {
	result, _, err := load(t.Context(), answers(`{"accepted": 0, "rejected": [{"index": 0, "code": "unknown_tool", "field": "tool", "message": "no such tool"}]}`, nil))
	if err != nil || result.Rejected == 0 || result.Refusal != "unknown_tool (tool): no such tool" {
		t.Errorf("%+v: %v", result, err)
	}
}

func TestLoadStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d := &door{ids: map[string]bool{}}
	if _, _, err := load(ctx, demo.Options{Send: d.send}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
