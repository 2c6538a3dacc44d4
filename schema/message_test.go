package schema

import (
	"bytes"
	"encoding/binary"
	"testing"
)

func sampleEvent() *UsageEvent {
	id := EventID("test", "1")
	return &UsageEvent{
		EventId: id[:], OccurredAtUnixNano: 1_795_000_000_000_000_000, ReceivedAtUnixNano: 1_795_000_001_000_000_000,
		Path: Path_PATH_API, Evidence: Evidence_EVIDENCE_OBSERVED, Tool: "claude-code", Action: Action_ACTION_PROMPT,
		Person: bytes.Repeat([]byte{7}, PseudonymSize), PersonKind: PersonKind_PERSON_KIND_HUMAN, Initiator: Initiator_INITIATOR_USER,
	}
}

func TestMessageRoundTrip(t *testing.T) {
	event := sampleEvent()
	m, err := DecodeMessage(AppendEvent(nil, event))
	if err != nil {
		t.Fatal(err)
	}
	if m.Kind != EventMessage || !bytes.Equal(m.Key, event.Person) || !bytes.Equal(m.ID[:], event.EventId) {
		t.Fatalf("kind %d key %x id %x", m.Kind, m.Key, m.ID)
	}
	var decoded UsageEvent
	if err := decoded.UnmarshalVT(m.Value); err != nil {
		t.Fatal(err)
	}
	if decoded.String() != event.String() {
		t.Fatalf("%v became %v", event, &decoded)
	}
}

func TestMessageKeyFallsBackToDeviceThenID(t *testing.T) {
	event := sampleEvent()
	event.Person, event.Device = nil, bytes.Repeat([]byte{9}, PseudonymSize)
	if !bytes.Equal(EventKey(event), event.Device) {
		t.Fatal("without a person the device is the key")
	}
	event.Device = nil
	if !bytes.Equal(EventKey(event), event.EventId) {
		t.Fatal("without person and device the id is the key")
	}
}

func TestAppendHeadersIsTheRecordFormOfHeaders(t *testing.T) {
	letterID := EventID("test", "letter")
	for _, encoded := range [][]byte{AppendEvent(nil, sampleEvent()), AppendDeadLetter(nil, &DeadLetter{Code: "bad_value"}, letterID)} {
		m, err := DecodeMessage(encoded)
		if err != nil {
			t.Fatal(err)
		}
		got := readHeaders(t, m.AppendHeaders(nil))
		for _, want := range m.Headers() {
			if got[want.Key] != string(want.Value) {
				t.Errorf("header %s is %q, want %q", want.Key, got[want.Key], want.Value)
			}
		}
		if len(got) != len(m.Headers()) {
			t.Errorf("%d headers, want %d", len(got), len(m.Headers()))
		}
	}
}

func readHeaders(t *testing.T, b []byte) map[string]string {
	t.Helper()
	next := func() int64 {
		v, n := binary.Varint(b)
		if n <= 0 {
			t.Fatal("bad varint in headers")
		}
		b = b[n:]
		return v
	}
	text := func() string {
		n := next()
		s := string(b[:n])
		b = b[n:]
		return s
	}
	headers := map[string]string{}
	for range next() {
		key := text()
		headers[key] = text()
	}
	if len(b) != 0 {
		t.Fatalf("%d bytes after the headers", len(b))
	}
	return headers
}

func FuzzDecodeMessage(f *testing.F) {
	f.Add(AppendEvent(nil, sampleEvent()))
	f.Add([]byte{1, 200})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := DecodeMessage(b)
		if err != nil {
			return
		}
		if len(m.Key)+len(m.Value)+2+EventIDSize != len(b) {
			t.Fatal("a message lost or gained bytes")
		}
	})
}

func FuzzEvent(f *testing.F) {
	value, _ := sampleEvent().MarshalVT()
	f.Add(value)
	f.Fuzz(func(t *testing.T, b []byte) {
		var e UsageEvent
		if e.UnmarshalVT(b) == nil {
			_ = Validate(&e)
		}
	})
}

func BenchmarkAppendEvent(b *testing.B) {
	event := sampleEvent()
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendEvent(buf[:0], event)
	}
}
