package native

import (
	"bytes"
	"io"
)

// Limits of one block.
const (
	MaxColumns = 4096
	MaxRows    = 100_000_000
	nameLimit  = 64 << 10
)

// Column is the name and the type of one column.
type Column struct {
	Name, Type string
}

// Block tells what a block that was passed on held.
type Block struct {
	Columns []Column
	Rows    uint64
}

// Empty is true for the block that ends a row of blocks.
func (b Block) Empty() bool {
	return len(b.Columns) == 0 && b.Rows == 0
}

// CopyBlock reads a block and passes its bytes, as in the Native format, to
// the sink in pieces that are valid during the call. An error of the sink
// leaves the stream in the middle of the block; a sink that wants the stream
// to go on keeps its error to itself.
func (r *Reader) CopyBlock(compressed bool, sink func([]byte) error) (Block, error) {
	w := &walker{from: r.raw, sink: sink}
	if compressed {
		w.from = &r.frames
		defer r.frames.release()
	}
	if err := skipBlockInfo(w.from); err != nil {
		return Block{}, err
	}
	block, err := w.block()
	if err == nil && len(r.frames.unread) > 0 {
		return Block{}, malformed("%d bytes after a block", len(r.frames.unread))
	}
	return block, err
}

func skipBlockInfo(from source) error {
	for {
		field, err := readUvarint(from)
		switch {
		case err != nil:
			return err
		case field == 0:
			return nil
		case field == 1:
			err = skip(from, 1)
		case field == 2:
			err = skip(from, 4)
		default:
			return malformed("field %d of a block", field)
		}
		if err != nil {
			return err
		}
	}
}

func (w *walker) block() (Block, error) {
	columns, err := w.uvarint()
	if err != nil {
		return Block{}, err
	}
	rows, err := w.uvarint()
	if err != nil {
		return Block{}, err
	}
	if columns > MaxColumns || rows > MaxRows || (columns == 0) != (rows == 0) && columns == 0 {
		return Block{}, malformed("a block of %d columns and %d rows, limits %d and %d", columns, rows, MaxColumns, MaxRows)
	}
	block := Block{Rows: rows}
	for range columns {
		column, err := w.column(rows)
		if err != nil {
			return Block{}, err
		}
		block.Columns = append(block.Columns, column)
	}
	return block, w.flush()
}

func (w *walker) column(rows uint64) (column Column, err error) {
	if column.Name, err = w.string(nameLimit); err != nil {
		return column, err
	}
	if column.Type, err = w.string(typeLengthLimit); err != nil {
		return column, err
	}
	if rows == 0 {
		return column, nil
	}
	layout, err := parseLayout(column.Type, 0)
	if err != nil {
		return column, err
	}
	if err := layout.prefix(w); err != nil {
		return column, err
	}
	return column, layout.values(w, rows)
}

// SplitBlocks calls each for every block of an output in the Native format.
// The bytes are those of the output.
func SplitBlocks(output []byte, each func(block []byte) error) error {
	rest := bytes.NewReader(output)
	discard := func([]byte) error { return nil }
	for rest.Len() > 0 {
		begin := len(output) - rest.Len()
		w := &walker{from: rest, sink: discard}
		if _, err := w.block(); err != nil {
			return err
		}
		if err := each(output[begin : len(output)-rest.Len()]); err != nil {
			return err
		}
	}
	return nil
}

var _ io.ByteReader = (*bytes.Reader)(nil)
