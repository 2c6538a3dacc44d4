package native

import (
	"strconv"
	"strings"
)

// layout knows how the values of a type lie in a block, so that their end can
// be found without decoding them.
type layout interface {
	// prefix passes what stands once before the values of a column.
	prefix(*walker) error
	// values passes the values of so many rows.
	values(w *walker, rows uint64) error
}

const (
	typeDepthLimit  = 32
	typeLengthLimit = 1 << 20
)

var fixedWidths = map[string]int{
	"Int8": 1, "UInt8": 1, "Bool": 1, "Enum8": 1, "Nothing": 1,
	"Int16": 2, "UInt16": 2, "Enum16": 2, "Date": 2, "BFloat16": 2,
	"Int32": 4, "UInt32": 4, "Float32": 4, "Date32": 4, "DateTime": 4, "DateTime32": 4, "IPv4": 4, "Decimal32": 4, "Time": 4,
	"Int64": 8, "UInt64": 8, "Float64": 8, "DateTime64": 8, "Decimal64": 8, "Time64": 8,
	"Int128": 16, "UInt128": 16, "UUID": 16, "IPv6": 16, "Decimal128": 16,
	"Int256": 32, "UInt256": 32, "Decimal256": 32,
}

var geometry = map[string]string{
	"Point":           "Tuple(Float64, Float64)",
	"Ring":            "Array(Point)",
	"LineString":      "Array(Point)",
	"MultiLineString": "Array(LineString)",
	"Polygon":         "Array(Ring)",
	"MultiPolygon":    "Array(Polygon)",
}

// parseLayout reads the name of a type. Types whose values have no fixed form
// (AggregateFunction, JSON, Dynamic, Variant) are refused.
func parseLayout(name string, depth int) (layout, error) {
	if depth > typeDepthLimit {
		return nil, malformed("a type is nested more than %d deep", typeDepthLimit)
	}
	base, inner, _ := strings.Cut(strings.TrimSpace(name), "(")
	inner = strings.TrimSuffix(inner, ")")
	if width, ok := fixedWidths[base]; ok {
		return fixed(width), nil
	}
	if strings.HasPrefix(base, "Interval") {
		return fixed(8), nil
	}
	if alias, ok := geometry[base]; ok {
		return parseLayout(alias, depth+1)
	}
	switch base {
	case "String":
		return text{}, nil
	case "FixedString":
		return parseFixedString(inner)
	case "Decimal":
		return parseDecimal(inner)
	}
	return parseNested(base, inner, depth+1)
}

func parseNested(base, inner string, depth int) (layout, error) {
	parts, err := parseParts(inner, depth)
	if err != nil {
		return nil, err
	}
	switch {
	case base == "Nullable" && len(parts) == 1:
		return nullable{parts[0]}, nil
	case base == "Array" && len(parts) == 1:
		return array{parts[0]}, nil
	case base == "Map" && len(parts) == 2:
		return array{tuple(parts)}, nil
	case base == "Nested" && len(parts) > 0:
		return array{tuple(parts)}, nil
	case base == "Tuple" && len(parts) > 0:
		return tuple(parts), nil
	case base == "LowCardinality" && len(parts) == 1:
		return newLowCardinality(parts[0]), nil
	case base == "SimpleAggregateFunction" && len(parts) == 2:
		return parts[1], nil
	}
	return nil, malformed("a block has the type %.100q, which this server cannot take", base)
}

func parseParts(inner string, depth int) ([]layout, error) {
	var parts []layout
	for i, part := range splitTypes(inner) {
		if i == 0 && isFunctionName(part, inner) {
			parts = append(parts, fixed(0))
			continue
		}
		parsed, err := parseLayout(withoutElementName(part), depth)
		if err != nil {
			return nil, err
		}
		parts = append(parts, parsed)
	}
	return parts, nil
}

// isFunctionName tells the first argument of SimpleAggregateFunction, which is no type.
func isFunctionName(part, inner string) bool {
	name, _, _ := strings.Cut(strings.TrimSpace(part), "(")
	return name != "" && name[0] >= 'a' && name[0] <= 'z' && !strings.ContainsAny(name, " `") && part != inner
}

// splitTypes cuts a list at its commas, outside of brackets and quotes.
func splitTypes(list string) []string {
	var parts []string
	var depth, begin int
	var quote byte
	for i := 0; i < len(list); i++ {
		switch c := list[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '`' || c == '"':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			parts = append(parts, list[begin:i])
			begin = i + 1
		}
	}
	if strings.TrimSpace(list) == "" {
		return nil
	}
	return append(parts, list[begin:])
}

// withoutElementName drops the name of a tuple's element before its type.
func withoutElementName(part string) string {
	part = strings.TrimSpace(part)
	if part != "" && part[0] == '`' {
		for i := 1; i < len(part); i++ {
			if part[i] == '\\' {
				i++
			} else if part[i] == '`' {
				return part[i+1:]
			}
		}
	}
	if i := strings.IndexAny(part, " ("); i > 0 && part[i] == ' ' {
		return part[i+1:]
	}
	return part
}

func parseFixedString(inner string) (layout, error) {
	width, err := strconv.Atoi(strings.TrimSpace(inner))
	if err != nil || width < 1 || width > 1<<24 {
		return nil, malformed("the width of FixedString(%.20s)", inner)
	}
	return fixed(width), nil
}

func parseDecimal(inner string) (layout, error) {
	digits, _, _ := strings.Cut(inner, ",")
	precision, err := strconv.Atoi(strings.TrimSpace(digits))
	switch {
	case err != nil || precision < 1 || precision > 76:
		return nil, malformed("the precision of Decimal(%.20s)", inner)
	case precision <= 9:
		return fixed(4), nil
	case precision <= 18:
		return fixed(8), nil
	case precision <= 38:
		return fixed(16), nil
	}
	return fixed(32), nil
}
