package publish

import (
	"encoding/json"
	"strconv"
	"time"
)

// States of a row.
const (
	Provisional = "provisional"
	Final       = "final"
	Corrected   = "corrected"
	Unknown     = "unknown"
)

// Row is one published figure, in the form of the API.
type Row struct {
	Metric      string            `json:"metric"`
	Definition  string            `json:"definition"`
	Grain       string            `json:"grain"`
	Period      Date              `json:"period"`
	Dimensions  map[string]string `json:"dimensions"`
	Tool        string            `json:"tool"`
	Value       *float64          `json:"value"`
	Low         *float64          `json:"low"`
	High        *float64          `json:"high"`
	Numerator   *float64          `json:"numerator"`
	Denominator *float64          `json:"denominator"`
	// Group is the number of people or its class, nil where suppressed.
	Group      *Group    `json:"group"`
	Band       string    `json:"band"`
	Coverage   *float64  `json:"coverage"`
	State      string    `json:"state"`
	Watermark  time.Time `json:"watermark"`
	Suppressed bool      `json:"suppressed"`
}

// Date is a calendar day without a time.
type Date struct{ time.Time }

func (d Date) String() string { return d.Format(time.DateOnly) }

// MarshalJSON writes the day as "2026-11-09".
func (d Date) MarshalJSON() ([]byte, error) { return []byte(`"` + d.String() + `"`), nil }

// Group is a number of people, as a JSON number, or a class such as "5-9".
type Group string

// MarshalJSON writes a number where the group is one.
func (g Group) MarshalJSON() ([]byte, error) {
	if n, err := strconv.ParseInt(string(g), 10, 64); err == nil {
		return strconv.AppendInt(nil, n, 10), nil
	}
	return json.Marshal(string(g))
}

// cut are the dimensions of the row's cell.
func (r *Row) cut() map[string]string {
	cut := map[string]string{}
	for _, name := range dimensions {
		if value, has := r.Dimensions[name]; has {
			cut[name] = value
		}
	}
	return cut
}
