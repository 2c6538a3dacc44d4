package demo_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/uptake-telemetry/uptake/adoption/roster"
	"github.com/uptake-telemetry/uptake/deploy/demo"
	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// The company comes in by the doors that every company uses.
func TestTheImporterTakesTheFiles(t *testing.T) {
	catalogue, err := tools.Load()
	if err != nil {
		t.Fatal(err)
	}
	pseudonyms, err := schema.NewPseudonymizer([]byte(strings.Repeat("k", schema.MinKeySize)))
	if err != nil {
		t.Fatal(err)
	}
	known := func(id string) bool { return catalogue.Tool(id) != nil }
	var people, seats, training bytes.Buffer
	company := demo.New(demo.DefaultSeed, days[0])
	if err := company.People(&people); err != nil {
		t.Fatal(err)
	}
	if err := company.Seats(&seats); err != nil {
		t.Fatal(err)
	}
	if err := company.Training(&training); err != nil {
		t.Fatal(err)
	}
	_, err = roster.Parse(roster.Files{
		People:   &roster.File{Name: "people.csv", Content: &people},
		Seats:    &roster.File{Name: "seats.csv", Content: &seats},
		Training: &roster.File{Name: "training.csv", Content: &training},
	}, roster.Deps{Pseudonyms: pseudonyms, KnownTool: known})
	if err != nil {
		t.Error(err)
	}
	for e := range lines(t, company, days[0]) {
		if !known(e.Tool) {
			t.Fatalf("the catalogue does not know %q", e.Tool)
		}
	}
}
