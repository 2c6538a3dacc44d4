package otlp

import "github.com/uptake-telemetry/uptake/schema/tools"

// setBody keeps the n-th member of a body that is a list: the first is the
// record's name, the second a text in JSON of which rules may read members.
func setBody(rec *tools.Record, n int, v tools.Value) {
	switch n {
	case 0:
		rec.Body = v.Str
	case 1:
		rec.Detail = v.Str
	}
}

// body reads a log record's body where a tool's names stand there.
func (j *jsonDecoder) body() error {
	return j.object(func(name string) (err error) {
		switch name {
		case "stringValue":
			j.rec.Body, err = j.string()
		case "arrayValue":
			err = j.bodyList()
		default:
			err = j.skip()
		}
		return err
	})
}

func (j *jsonDecoder) bodyList() error {
	n := 0
	return j.object(func(name string) error {
		if name != "values" {
			return j.skip()
		}
		return j.array(func() error {
			v, err := j.anyValue()
			setBody(j.rec, n, v)
			n++
			return err
		})
	})
}

func (d *Decoder) body(message []byte) error {
	f := walk(message)
	for f.next() {
		switch {
		case f.bytes(1):
			f.string(&d.rec.Body)
		case f.bytes(5):
			if err := d.bodyList(f.data); err != nil {
				return err
			}
		}
	}
	return f.err
}

func (d *Decoder) bodyList(message []byte) error {
	f := walk(message)
	for n := 0; f.next(); {
		if !f.bytes(1) {
			continue
		}
		v, err := anyValue(f.data)
		if err != nil {
			return err
		}
		setBody(d.rec, n, v)
		n++
	}
	return f.err
}
