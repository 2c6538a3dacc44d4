package spool

import (
	"testing"

	"github.com/goccy/go-yaml"
)

func TestSizesReadAndPrintBack(t *testing.T) {
	for text, want := range map[string]Bytes{
		"1GiB": GiB, "64MiB": 64 * MiB, "1048577": 1048577, "1536 KiB": 1536 * KiB, "2TiB": 2 * TiB, "10MB": 10e6, "512B": 512, "0": 0,
	} {
		got, err := ParseBytes(text)
		if err != nil || got != want {
			t.Errorf("%q is %v, %v; want %d", text, got, err, want)
		}
		if again, err := ParseBytes(got.String()); err != nil || again != got {
			t.Errorf("%d prints as %q, which is %d, %v", got, got, again, err)
		}
	}
	for _, text := range []string{"", "GiB", "-1", "1.5GiB", "1PiB", "9999999TiB", "9223372036854775808"} {
		if got, err := ParseBytes(text); err == nil {
			t.Errorf("%q is taken as %d", text, got)
		}
	}
}

func TestTheConfigurationReadsAndPrintsYAML(t *testing.T) {
	config := DefaultConfig()
	if err := yaml.UnmarshalWithOptions([]byte("max_bytes: 64MiB\nsegment_bytes: 8192"), &config, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	if config.MaxBytes != 64*MiB || config.SegmentBytes != 8*KiB {
		t.Errorf("got %+v", config)
	}
	printed, err := yaml.Marshal(config)
	if err != nil || string(printed) != "max_bytes: 64MiB\nsegment_bytes: 8KiB\n" {
		t.Errorf("prints as %q, %v", printed, err)
	}
	if err := yaml.Unmarshal([]byte("max_bytes: much"), &config); err == nil {
		t.Error("a size in words is taken")
	}
}

func TestSettingsThatCannotBeUsedAreNamed(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	for _, config := range []Config{{MaxBytes: 1, SegmentBytes: MiB}, {MaxBytes: GiB}} {
		if err := config.Validate(); err == nil {
			t.Errorf("%+v is taken", config)
		}
	}
}
