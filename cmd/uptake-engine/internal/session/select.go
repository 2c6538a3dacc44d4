package session

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/uptake-telemetry/uptake/cmd/uptake-engine/internal/chdb"
	"github.com/uptake-telemetry/uptake/cmd/uptake-engine/internal/native"
)

// selects streams a query: each fetch is one block, which passes as it is.
func (r *run) selects() error {
	var stream *chdb.Stream
	err := r.wait(true, func() (err error) {
		stream, err = r.engine.Stream(r.statement.Text, "Native")
		return err
	})
	if stream != nil {
		defer stream.Close()
	}
	if err != nil {
		return err
	}
	for blocks := 0; ; blocks++ {
		more, err := r.block(stream)
		if err != nil {
			return err
		}
		if !more && blocks == 0 {
			return r.header(r.statement.Text)
		}
		if !more {
			return nil
		}
	}
}

func (r *run) block(stream *chdb.Stream) (more bool, err error) {
	var result *chdb.Result
	err = r.wait(true, func() (err error) {
		result, err = stream.Fetch()
		return err
	})
	if result != nil {
		defer result.Close()
	}
	if err != nil || result == nil {
		return false, err
	}
	return true, r.send(result.Bytes())
}

func (r *run) send(block []byte) error {
	r.deadline()
	return r.writer.Data(block, r.query.Compressed)
}

// whole runs a statement that cannot be streamed; its output is small.
func (r *run) whole() error {
	var result *chdb.Result
	err := r.wait(true, func() (err error) {
		result, err = r.engine.Query(r.statement.Text, "Native")
		return err
	})
	if result != nil {
		defer result.Close()
	}
	if err != nil {
		return err
	}
	if output := result.Bytes(); len(output) > 0 {
		return native.SplitBlocks(output, r.send)
	}
	if class, _ := r.engine.Classify(r.statement.Text); class == chdb.ReadOnly {
		return r.namesAndTypes()
	}
	return nil
}

// header sends the columns of a query that gave no row, of which the engine
// says nothing.
func (r *run) header(query string) error {
	columns, err := r.describe(query)
	if err != nil {
		return r.namesAndTypes()
	}
	r.deadline()
	return r.writer.Header(columns, r.query.Compressed)
}

func (r *run) describe(query string) ([]native.Column, error) {
	var columns []native.Column
	err := r.wait(true, func() error {
		result, err := r.engine.Query("DESCRIBE TABLE ("+query+"\n)", "JSONCompactEachRow")
		if err != nil {
			return err
		}
		defer result.Close()
		for _, line := range bytes.Split(bytes.TrimSpace(result.Bytes()), []byte("\n")) {
			var fields []any
			if err := json.Unmarshal(line, &fields); err != nil || len(fields) < 2 {
				return fmt.Errorf("read the description of a query: %w", err)
			}
			columns = append(columns, native.Column{Name: fmt.Sprint(fields[0]), Type: fmt.Sprint(fields[1])})
		}
		return nil
	})
	return columns, err
}

// namesAndTypes asks for the columns by running a statement again that gave no
// row and leaves no trace.
func (r *run) namesAndTypes() error {
	var names, types []string
	err := r.wait(true, func() error {
		result, err := r.engine.Query(r.statement.Text, "JSONCompactEachRowWithNamesAndTypes")
		if err != nil {
			return err
		}
		defer result.Close()
		lines := bytes.SplitN(result.Bytes(), []byte("\n"), 3)
		if len(lines) < 2 {
			return nil
		}
		if err := json.Unmarshal(lines[0], &names); err != nil {
			return fmt.Errorf("read the columns of a query: %w", err)
		}
		return json.Unmarshal(lines[1], &types)
	})
	if err != nil || len(names) == 0 || len(names) != len(types) {
		return err
	}
	columns := make([]native.Column, len(names))
	for i := range names {
		columns[i] = native.Column{Name: names[i], Type: types[i]}
	}
	r.deadline()
	return r.writer.Header(columns, r.query.Compressed)
}
