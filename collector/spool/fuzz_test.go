package spool

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"
)

func frameOf(ids ...string) []byte {
	b := appendFrames(nil, entries(ids...))
	stamp(b, 7, time.UnixMilli(1))
	return b
}

func FuzzDecodeFrame(f *testing.F) {
	f.Add(frameOf("a", "b"))
	f.Add(frameOf("")[:20])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		decoded, err := decodeFrame(b)
		if err != nil {
			return
		}
		var again [][]byte
		decoded.each(0, func(_ uint64, entry []byte) { again = append(again, entry) })
		if uint64(len(again)) != decoded.end()-decoded.sequence {
			t.Errorf("%d entries were given out of %d", len(again), decoded.count)
		}
	})
}

// inMemory is a file of bytes.
type inMemory struct{ *bytes.Reader }

func (inMemory) WriteAt([]byte, int64) (int, error) { return 0, io.ErrShortWrite }
func (inMemory) Truncate(int64) error               { return nil }
func (inMemory) Sync() error                        { return nil }
func (inMemory) Close() error                       { return nil }

// FuzzScan puts whole frames behind and before rubbish: the scanner must come
// to the end, and find the frame at the end.
func FuzzScan(f *testing.F) {
	f.Add([]byte("rubbish"))
	f.Add(frameOf("a"))
	f.Add(append(frameOf("a"), magic[:]...))
	f.Fuzz(func(t *testing.T, rubbish []byte) {
		content := append(bytes.Clone(rubbish), frameOf("the last one")...)
		scan := scanner{file: inMemory{bytes.NewReader(content)}, limit: int64(len(content))}
		var last []byte
		for {
			frame, err := scan.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if errors.Is(err, errCorrupt) {
				_, err = scan.resync()
			} else if err == nil {
				frame.each(0, func(_ uint64, entry []byte) { last = bytes.Clone(entry) })
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if string(last) != "the last one" {
			t.Errorf("the frame after the rubbish was not found, but %q", last)
		}
	})
}
