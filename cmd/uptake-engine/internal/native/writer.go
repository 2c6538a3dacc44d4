package native

import (
	"bufio"
	"encoding/binary"
	"io"

	"github.com/ClickHouse/ch-go/compress"
)

// Packets of the server.
const (
	serverHello        = 0
	serverData         = 1
	serverException    = 2
	serverProgress     = 3
	serverPong         = 4
	serverEndOfStream  = 5
	serverTablesStatus = 9
)

// answerFrame is how much data goes into one compressed frame.
const answerFrame = 1 << 20

// blockInfo says: no overflow rows, no bucket.
var blockInfo = []byte{1, 0, 2, 0xff, 0xff, 0xff, 0xff, 0}

// Writer encodes what the server answers. Packets are buffered until Flush or
// until the buffer is full. It is for one goroutine at a time.
type Writer struct {
	raw    *bufio.Writer
	frames *compress.Writer
	packet []byte
}

// NewWriter writes to the connection of a client.
func NewWriter(connection io.Writer) *Writer {
	return &Writer{raw: bufio.NewWriterSize(connection, 32<<10)}
}

// Flush sends what is buffered.
func (w *Writer) Flush() error {
	return w.raw.Flush()
}

func (w *Writer) send(packet []byte) error {
	w.packet = packet[:0]
	_, err := w.raw.Write(packet)
	return err
}

// Hello answers a hello. The zone is the one in which times are meant.
func (w *Writer) Hello(major, minor, patch uint64, zone, displayName string) error {
	p := append(w.packet[:0], serverHello)
	p = appendText(p, "ClickHouse")
	p = binary.AppendUvarint(p, major)
	p = binary.AppendUvarint(p, minor)
	p = binary.AppendUvarint(p, Revision)
	p = appendText(p, zone)
	p = appendText(p, displayName)
	return w.send(binary.AppendUvarint(p, patch))
}

// Exception reports a failure under ClickHouse's code.
func (w *Writer) Exception(code int32, message string) error {
	p := append(w.packet[:0], serverException)
	p = binary.LittleEndian.AppendUint32(p, uint32(code))
	p = appendText(p, "DB::Exception")
	p = appendText(p, message)
	p = appendText(p, "") // stack trace
	return w.send(append(p, 0))
}

// Progress tells a client that the server is alive; it counts nothing.
func (w *Writer) Progress() error {
	return w.send(append(w.packet[:0], serverProgress, 0, 0, 0, 0, 0))
}

// Pong answers a ping.
func (w *Writer) Pong() error {
	return w.send(append(w.packet[:0], serverPong))
}

// EndOfStream ends the answer to a query.
func (w *Writer) EndOfStream() error {
	return w.send(append(w.packet[:0], serverEndOfStream))
}

// TablesStatus says of each table that it is not replicated.
func (w *Writer) TablesStatus(tables [][2]string) error {
	p := append(w.packet[:0], serverTablesStatus)
	p = binary.AppendUvarint(p, uint64(len(tables)))
	for _, table := range tables {
		p = appendText(appendText(p, table[0]), table[1])
		p = append(p, 0)
	}
	return w.send(p)
}

// Header sends a block without rows.
func (w *Writer) Header(columns []Column, compressed bool) error {
	block := binary.AppendUvarint(nil, uint64(len(columns)))
	block = binary.AppendUvarint(block, 0)
	for _, column := range columns {
		block = appendText(appendText(block, column.Name), column.Type)
	}
	return w.Data(block, compressed)
}

// Data sends one block given in the Native format.
func (w *Writer) Data(block []byte, compressed bool) error {
	if err := w.send(append(w.packet[:0], serverData, 0)); err != nil {
		return err
	}
	if compressed {
		return w.compressed(block)
	}
	if _, err := w.raw.Write(blockInfo); err != nil {
		return err
	}
	_, err := w.raw.Write(block)
	return err
}

func (w *Writer) compressed(block []byte) error {
	if w.frames == nil {
		w.frames = compress.NewWriter(compress.LevelZero, compress.LZ4)
	}
	first := append(append([]byte(nil), blockInfo...), block[:min(len(block), answerFrame)]...)
	if err := w.frame(first); err != nil {
		return err
	}
	for rest := block[min(len(block), answerFrame):]; len(rest) > 0; {
		piece := rest[:min(len(rest), answerFrame)]
		if err := w.frame(piece); err != nil {
			return err
		}
		rest = rest[len(piece):]
	}
	return nil
}

func (w *Writer) frame(data []byte) error {
	if err := w.frames.Compress(data); err != nil {
		return err
	}
	_, err := w.raw.Write(w.frames.Data)
	return err
}

func appendText(p []byte, value string) []byte {
	return append(binary.AppendUvarint(p, uint64(len(value))), value...)
}
