package otlp

import "github.com/uptake-telemetry/uptake/schema/tools"

// memberSlot returns where to put a member of an attribute that is a list of
// keys and values, if a rule of the tool reads it.
func (d *Decoder) memberSlot(attribute, key string) (tools.Slot, bool) {
	slot, known := d.catalogue.Slot(tools.MemberName(attribute, key))
	return slot, known && d.rec.Tool.Reads(slot)
}

// members reads those of the next value, a list of keys and values, that rules read.
func (j *jsonDecoder) members(attribute string) error {
	return j.object(func(name string) error {
		if name != "values" {
			return j.skip()
		}
		return j.array(func() error {
			return j.keyValue(func(key string) error {
				slot, read := j.memberSlot(attribute, key)
				if !read {
					return j.skip()
				}
				v, err := j.anyValue()
				j.rec.Attributes.Set(slot, v)
				return err
			})
		})
	})
}

// members does the same with a value in protobuf, which may be of any kind.
func (d *Decoder) members(attribute string, value []byte) error {
	f := walk(value)
	for f.next() {
		if !f.bytes(6) {
			continue
		}
		list := walk(f.data)
		for list.next() {
			if !list.bytes(1) {
				continue
			}
			if err := d.member(attribute, list.data); err != nil {
				return err
			}
		}
		if list.err != nil {
			return list.err
		}
	}
	return f.err
}

func (d *Decoder) member(attribute string, message []byte) error {
	key, value, err := keyValue(message)
	if err != nil {
		return err
	}
	slot, read := d.memberSlot(attribute, key)
	if !read {
		return nil
	}
	v, err := anyValue(value)
	if err == nil {
		d.rec.Attributes.Set(slot, v)
	}
	return err
}
