package roster

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unique"

	// Time zones are those of the program where the machine has none.
	_ "time/tzdata"

	"github.com/uptake-telemetry/uptake/schema"
)

// MaxMonthlyPriceUSD is the greatest price of a seat that is no slip of the pen.
const MaxMonthlyPriceUSD = 1e6

const dateMend = "write it as 2026-11-30"

var (
	earliest = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
	showable = regexp.MustCompile(`^[A-Za-z0-9 _./:+-]{1,32}$`)
	// zoneForm leaves out what machines keep beside the zones of IANA, such as right/ with leap seconds.
	zoneForm  = regexp.MustCompile(`^[A-Z][A-Za-z0-9_+-]*(/[A-Z][A-Za-z0-9_+-]*){0,2}$`)
	priceForm = regexp.MustCompile(`^[0-9]{1,9}(\.[0-9]{1,9})?$`)
)

// shown is a value that says nothing of a person, to be named in a problem.
// What might be one after all, because columns are shifted, is not shown.
func shown(value string) string {
	if showable.MatchString(value) {
		return strconv.Quote(value)
	}
	return "the value"
}

// choice reads one of the values, in any case.
func (f *form) choice(column string, values ...string) string {
	value, sound := f.value(column, MaxValueBytes)
	if !sound {
		return ""
	}
	if i := slices.Index(values, strings.ToLower(value)); i >= 0 {
		return values[i]
	}
	last := len(values) - 1
	mend := "write " + strings.Join(values[:last], ", ") + " or " + values[last]
	if value == "" {
		f.wrong(column, "the value is missing", mend)
	} else {
		f.wrong(column, shown(value)+" is none of the values", mend)
	}
	return ""
}

// date reads a day that must be there.
func (f *form) date(column string) time.Time {
	value, sound := f.value(column, MaxValueBytes)
	if !sound {
		return time.Time{}
	}
	if value == "" {
		f.wrong(column, "the day is missing", dateMend)
		return time.Time{}
	}
	return f.parseDate(column, value)
}

// lastDate reads a last day; without one it is open. Many staff systems write
// 9999-12-31 for that.
func (f *form) lastDate(column string) time.Time {
	value, sound := f.value(column, MaxValueBytes)
	switch {
	case !sound:
		return time.Time{}
	case value == "" || value == "9999-12-31":
		return OpenEnd
	}
	return f.parseDate(column, value)
}

func (f *form) parseDate(column, value string) time.Time {
	day, err := time.Parse(time.DateOnly, value)
	switch {
	case err != nil:
		f.wrong(column, shown(value)+" is not a day of the calendar", dateMend)
	case day.Before(earliest) || day.After(OpenEnd):
		f.wrong(column, shown(value)+" is before 1900 or after 2299", "mend the year; leave a last day empty that is not known yet")
	}
	return day
}

// period reads the two days of a row.
func (f *form) period() (from, to time.Time) {
	from, to = f.date("valid_from"), f.lastDate("valid_to")
	if !from.IsZero() && !to.IsZero() && to.Before(from) {
		f.wrong("valid_to", "the last day is before the first", "the last day is inclusive; leave it empty while it is not known")
	}
	return from, to
}

// zones remembers which names are time zones, because looking one up reads a file.
type zones map[string]bool

// read reads the name of a time zone.
func (z zones) read(f *form, column string) string {
	const mend = "write an IANA name such as Europe/Berlin, or UTC"
	value, sound := f.value(column, MaxValueBytes)
	switch {
	case !sound:
	case value == "":
		f.wrong(column, "the time zone is missing", mend)
	case !z.has(value):
		f.wrong(column, shown(value)+" is no time zone", mend)
	}
	return unique.Make(value).Value()
}

func (z zones) has(name string) bool {
	known, asked := z[name]
	if !asked {
		_, err := time.LoadLocation(name)
		known = err == nil && zoneForm.MatchString(name) && name != "Local"
		z[unique.Make(name).Value()] = known
	}
	return known
}

// price reads a price; none is 0.
func (f *form) price(column string) float64 {
	value, sound := f.value(column, MaxValueBytes)
	if value == "" || !sound {
		return 0
	}
	price, err := strconv.ParseFloat(value, 64)
	if !priceForm.MatchString(value) || err != nil || price > MaxMonthlyPriceUSD {
		f.wrong(column, shown(value)+" is no price", fmt.Sprintf("write dollars as 19.50, at most %.0f, without sign, currency or thousands separator", MaxMonthlyPriceUSD))
	}
	return price
}

// identifier returns the form of a person's identifier that is compared.
// A device counts by its own name, as in its events.
func identifier(value string) string {
	value = schema.NormalizeIdentifier(value)
	if device, is := strings.CutPrefix(value, string(schema.DeviceIdentifier)); is {
		return string(schema.DeviceIdentifier) + strings.TrimSpace(device)
	}
	return value
}

// dayNumber counts the days since 1970.
func dayNumber(day time.Time) int32 { return int32(day.Unix() / (24 * 60 * 60)) }
