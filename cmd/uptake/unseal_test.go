package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/uptake-telemetry/uptake/adoption/roster"
)

func TestWhatCannotBeOpenedStaysAsItIs(t *testing.T) {
	sealer, err := roster.NewSealer(bytes.Repeat([]byte("k"), 32))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{`{"id":"a","sealed":"bm9uc2Vuc2U"}`, `{"id":"a"}`, `no row`} {
		if got := unsealed(sealer, row); got != row {
			t.Errorf("%s became %s", row, got)
		}
	}
	if got := unsealed(sealer, `{"id":"a","sealed":""}`); strings.Contains(got, "content") {
		t.Errorf("a removed user has %s", got)
	}
}
