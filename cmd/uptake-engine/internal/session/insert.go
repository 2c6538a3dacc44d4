package session

import (
	"fmt"
	"time"

	"github.com/uptake-telemetry/uptake/cmd/uptake-engine/internal/chdb"
	"github.com/uptake-telemetry/uptake/cmd/uptake-engine/internal/native"
)

// insert tells the client the columns, passes its blocks to the engine as they
// are, and commits at the empty one. A client that leaves in between has
// inserted nothing.
func (r *run) insert() error {
	columns, err := r.insertColumns()
	if err != nil {
		return err
	}
	err = r.answer(func() error { return r.writer.Header(columns, r.query.Compressed) })
	if err != nil {
		return err
	}
	feed := &feed{run: r}
	if err := feed.read(); err != nil {
		feed.cancel()
		return err
	}
	return feed.finish()
}

func (r *run) insertColumns() ([]native.Column, error) {
	columns, err := r.describe(r.statement.Insert.Selection)
	if err == nil || !isException(err) {
		return columns, err
	}
	// The INSERT itself knows better what is wrong with it.
	insert, better := r.engine.Insert(r.statement.Insert.Text, "Native")
	if better != nil {
		return nil, better
	}
	insert.Cancel()
	return nil, err
}

// feed is an INSERT in the engine, opened when the first data comes.
type feed struct {
	*run
	insert *chdb.Insert
	// failure is kept until all data was read, so that the stream stays in step.
	failure error
}

func (f *feed) read() error {
	for {
		f.Connection.SetReadDeadline(time.Now().Add(idleLimit))
		packet := f.await()
		if packet.err != nil {
			return packet.err
		}
		switch packet.code {
		case native.Data:
			last, err := f.block()
			if err != nil || last {
				return err
			}
		case native.Cancel:
			return cancelled(nil)
		case native.Ping:
			if err := f.answer(f.writer.Pong); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%w: code %d within the data of an insert", native.ErrMalformed, packet.code)
		}
	}
}

func (f *feed) block() (last bool, err error) {
	if _, err := f.reader.Name(); err != nil {
		return false, err
	}
	block, err := f.reader.CopyBlock(f.query.Compressed, f.append)
	if err != nil {
		return false, err
	}
	return block.Empty(), nil
}

// emptyBlock is a block of no columns and no rows, which only ends the data.
const emptyBlock = 2

func (f *feed) append(piece []byte) error {
	if f.failure != nil || f.insert == nil && len(piece) == emptyBlock {
		return nil
	}
	err := f.wait(false, func() (err error) {
		if f.insert == nil {
			if f.insert, err = f.engine.Insert(f.statement.Insert.Text, "Native"); err != nil {
				return err
			}
		}
		return f.insert.Append(piece)
	})
	if err != nil && isException(err) && f.gone == nil {
		f.failure = err
		return nil
	}
	return err
}

func (f *feed) finish() error {
	if f.failure != nil {
		f.cancel()
		return f.failure
	}
	if f.insert == nil {
		return nil
	}
	insert := f.insert
	f.insert = nil
	f.Connection.SetReadDeadline(time.Time{})
	return f.wait(true, insert.Finish)
}

func (f *feed) cancel() {
	if f.insert != nil {
		f.insert.Cancel()
		f.insert = nil
	}
}
