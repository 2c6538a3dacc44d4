package schema

import (
	"encoding/hex"
	"testing"
)

func TestEventIDCountsParts(t *testing.T) {
	if EventID("s", "ab", "c") == EventID("s", "a", "bc") {
		t.Error("parts run into each other")
	}
	if EventID("s", "a") == EventID("r", "a") {
		t.Error("two sources share an id")
	}
}

// A repeat may come from a collector of any version, so ids never change.
func TestEventIDsStayWhatTheyAre(t *testing.T) {
	id := EventID("id", "ci", "laptop")
	if got := hex.EncodeToString(id[:]); got != "60734a35c183f6aadf66eba5a9963a17" {
		t.Errorf("got %s", got)
	}
}

func TestADigestThatIsUsedAgainForgets(t *testing.T) {
	d := NewIDDigest("other")
	d.String("a longer part than the ones to come")
	d.Reset("s")
	d.String("ab")
	d.Bytes([]byte("c"))
	if d.Sum() != EventID("s", "ab", "c") {
		t.Error("the id before is still in it")
	}
}
