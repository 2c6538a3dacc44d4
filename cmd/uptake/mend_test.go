package main

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/uptake-telemetry/uptake/schema"
	tabledef "github.com/uptake-telemetry/uptake/schema/table"
)

func TestAReplayBringsNoErasedPersonBack(t *testing.T) {
	now := time.Now()
	ada := bytes.Repeat([]byte("a"), schema.PseudonymSize)
	m := &mender{now: now, erased: map[string]time.Time{tabledef.ErasedHash(schema.PseudonymString(ada)): now.Add(-time.Hour)}}
	letter := func(person, device []byte, received time.Duration) *schema.DeadLetter {
		at := func(d time.Duration) uint64 { return uint64(now.Add(d).UnixNano()) }
		return &schema.DeadLetter{Code: string(schema.CodeBadTime), ReceivedAtUnixNano: at(received),
			Event: &schema.UsageEvent{Person: person, Device: device, OccurredAtUnixNano: at(received + time.Minute)}}
	}
	bob := bytes.Repeat([]byte("b"), schema.PseudonymSize)
	for name, c := range map[string]struct {
		letter *schema.DeadLetter
		want   error
	}{
		"hers":                        {letter(ada, nil, -2*time.Hour), errErased},
		"of her device":               {letter(nil, ada, -2*time.Hour), errErased},
		"another's on her device":     {letter(bob, ada, -2*time.Hour), nil},
		"hers, received after it all": {letter(ada, nil, -30*time.Minute), nil},
	} {
		if _, err := m.inTime(c.letter); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
