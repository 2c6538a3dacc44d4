package otlp

import "github.com/uptake-telemetry/uptake/schema/tools"

// keyValue calls value when the key is known and the value is next to be read.
// A value that stands before its key is read from what was kept of it.
func (j *jsonDecoder) keyValue(value func(key string) error) error {
	key, known := "", false
	var kept []byte
	err := j.object(func(name string) (err error) {
		switch {
		case name == "key":
			known = true
			key, err = j.string()
			return err
		case name != "value":
			return j.skip()
		case known:
			return value(key)
		default:
			kept, err = j.reader.value()
			return err
		}
	})
	if err != nil || kept == nil || !known {
		return err
	}
	outer := j.reader
	j.reader = newReader(kept)
	defer func() { j.reader = outer }()
	return value(key)
}

// anyValue reads one scalar; of arrays, maps and bytes only that they are
// there. An empty object or null is none.
func (j *jsonDecoder) anyValue() (v tools.Value, err error) {
	err = j.object(func(name string) (err error) {
		ok := true
		switch name {
		case "stringValue":
			v = tools.Value{Kind: tools.KindString}
			v.Str, err = j.string()
		case "boolValue":
			v = tools.Value{Kind: tools.KindBool}
			v.Bool, err = j.truth()
		case "intValue":
			v = tools.Value{Kind: tools.KindInt}
			v.Int, ok, err = j.integer()
		case "doubleValue":
			v = tools.Value{Kind: tools.KindFloat}
			v.Float, ok, err = j.double()
		case "kvlistValue":
			v = tools.Value{Kind: tools.KindOther}
			err = j.list()
		case "arrayValue", "bytesValue":
			v = tools.Value{Kind: tools.KindOther}
			err = j.skip()
		default:
			err = j.skip()
		}
		if !ok {
			v = tools.Value{}
		}
		return err
	})
	return v, err
}

// list passes over keys and values but for what rules read of an attribute's own.
func (j *jsonDecoder) list() error {
	attribute := j.of
	if j.of = ""; attribute == "" {
		return j.skip()
	}
	return j.members(attribute)
}
