package native

import (
	"encoding/binary"
	"io"
)

// walker passes the bytes of a block to a sink while it looks for their end.
type walker struct {
	from source
	// piece gathers bytes until there are enough for the sink.
	piece []byte
	sink  func([]byte) error
}

// maxValues bounds the values of one column, nested ones included.
const maxValues = 1 << 31

func (w *walker) flush() error {
	if len(w.piece) == 0 {
		return nil
	}
	err := w.sink(w.piece)
	w.piece = w.piece[:0]
	return err
}

func (w *walker) copy(count uint64) error {
	for count > 0 {
		if len(w.piece) >= pieceBytes {
			if err := w.flush(); err != nil {
				return err
			}
		}
		end := len(w.piece)
		length := int(min(count, uint64(2*pieceBytes-end)))
		w.piece = append(w.piece, make([]byte, length)...)
		if _, err := io.ReadFull(w.from, w.piece[end:]); err != nil {
			return wrapEnd(err)
		}
		count -= uint64(length)
	}
	return nil
}

func (w *walker) uvarint() (uint64, error) {
	value, err := readUvarint(w.from)
	w.piece = binary.AppendUvarint(w.piece, value)
	return value, err
}

func (w *walker) uint64() (uint64, error) {
	value, err := readUint64(w.from)
	w.piece = binary.LittleEndian.AppendUint64(w.piece, value)
	return value, err
}

func (w *walker) string(limit uint64) (string, error) {
	value, err := readString(w.from, limit)
	w.piece = binary.AppendUvarint(w.piece, uint64(len(value)))
	w.piece = append(w.piece, value...)
	return value, err
}

type fixed uint64

func (fixed) prefix(*walker) error { return nil }

func (f fixed) values(w *walker, rows uint64) error {
	return w.copy(uint64(f) * rows)
}

type text struct{}

func (text) prefix(*walker) error { return nil }

func (text) values(w *walker, rows uint64) error {
	for range rows {
		length, err := w.uvarint()
		if err != nil {
			return err
		}
		if err := w.copy(length); err != nil {
			return err
		}
		if len(w.piece) >= pieceBytes {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

type nullable struct{ layout }

func (n nullable) values(w *walker, rows uint64) error {
	if err := w.copy(rows); err != nil {
		return err
	}
	return n.layout.values(w, rows)
}

type array struct{ layout }

func (a array) values(w *walker, rows uint64) error {
	var end uint64
	for range rows {
		offset, err := w.uint64()
		if err != nil {
			return err
		}
		if offset < end || offset > maxValues {
			return malformed("the offsets of an array do not ascend or pass %d", uint64(maxValues))
		}
		end = offset
		if len(w.piece) >= pieceBytes {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	return a.layout.values(w, end)
}

type tuple []layout

func (t tuple) prefix(w *walker) error {
	for _, element := range t {
		if err := element.prefix(w); err != nil {
			return err
		}
	}
	return nil
}

func (t tuple) values(w *walker, rows uint64) error {
	for _, element := range t {
		if err := element.values(w, rows); err != nil {
			return err
		}
	}
	return nil
}

// lowCardinality is a dictionary followed by the index of each row.
type lowCardinality struct{ dictionary layout }

const (
	sharedDictionaries = 1
	globalDictionary   = 1 << 8
	additionalKeys     = 1 << 9
)

func newLowCardinality(inner layout) layout {
	// The dictionary of a nullable type has a default value in place of a null map.
	if n, ok := inner.(nullable); ok {
		inner = n.layout
	}
	return lowCardinality{inner}
}

func (lowCardinality) prefix(w *walker) error {
	version, err := w.uint64()
	if err == nil && version != sharedDictionaries {
		err = malformed("version %d of LowCardinality", version)
	}
	return err
}

func (l lowCardinality) values(w *walker, rows uint64) error {
	if rows == 0 {
		return nil
	}
	kind, err := w.uint64()
	if err != nil {
		return err
	}
	if kind&0xff > 3 || kind&globalDictionary != 0 || kind&additionalKeys == 0 {
		return malformed("kind 0x%x of LowCardinality", kind)
	}
	keys, err := w.uint64()
	if err != nil {
		return err
	}
	if keys > maxValues {
		return malformed("a dictionary of %d values", keys)
	}
	if err := l.dictionary.values(w, keys); err != nil {
		return err
	}
	indexes, err := w.uint64()
	if err != nil {
		return err
	}
	if indexes != rows {
		return malformed("%d indexes of LowCardinality for %d rows", indexes, rows)
	}
	return w.copy(indexes << (kind & 0xff))
}
