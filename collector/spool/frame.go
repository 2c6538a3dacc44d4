package spool

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"
)

// A frame holds entries of one call:
//
//	magic    4 bytes, the last one is the version
//	checksum 4, CRC32C of all that follows
//	length   4, of the entries with their lengths
//	count    4, of the entries
//	sequence 8, of the first entry
//	time     8, in milliseconds since 1970
//	entries, each with its length in 4 bytes before it
//
// All numbers are little-endian. The magic cannot stand in UTF-8 text, so that
// no text of an event looks like the start of a frame.
const (
	headerSize = 32
	lengthSize = 4
	// frameSize is where a new frame is begun; only one entry makes it larger.
	frameSize = 256 << 10
	// MaxEntryBytes bounds one entry.
	MaxEntryBytes = 16 << 20
	maxFrameBytes = headerSize + lengthSize + MaxEntryBytes
)

var (
	magic      = [4]byte{0xff, 'U', 'S', 1}
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

var (
	errShort   = errors.New("frame is not complete")
	errCorrupt = errors.New("frame is damaged")
)

// frame shares the memory it was decoded from.
type frame struct {
	sequence uint64
	count    uint32
	time     int64
	entries  []byte
	size     int
}

// decodeFrame reads the frame at the start of b: errShort when b ends before
// it, errCorrupt when there is none.
func decodeFrame(b []byte) (frame, error) {
	if len(b) < headerSize {
		return frame{}, errShort
	}
	length := binary.LittleEndian.Uint32(b[8:])
	size := headerSize + int(length)
	if [4]byte(b) != magic || size > maxFrameBytes {
		return frame{}, errCorrupt
	}
	if len(b) < size {
		return frame{size: size}, errShort
	}
	if crc32.Checksum(b[8:size], castagnoli) != binary.LittleEndian.Uint32(b[4:]) {
		return frame{}, errCorrupt
	}
	f := frame{
		count:    binary.LittleEndian.Uint32(b[12:]),
		sequence: binary.LittleEndian.Uint64(b[16:]),
		time:     int64(binary.LittleEndian.Uint64(b[24:])),
		entries:  b[headerSize:size:size],
		size:     size,
	}
	return f, f.check()
}

// check makes sure that each can walk the entries without a look at the bounds.
func (f frame) check() error {
	rest := f.entries
	for range f.count {
		if len(rest) < lengthSize {
			return errCorrupt
		}
		n := int(binary.LittleEndian.Uint32(rest))
		if n > len(rest)-lengthSize {
			return errCorrupt
		}
		rest = rest[lengthSize+n:]
	}
	if len(rest) != 0 || f.count == 0 || f.end() < f.sequence {
		return errCorrupt
	}
	return nil
}

// end is the sequence number after the last entry.
func (f frame) end() uint64 { return f.sequence + uint64(f.count) }

// each calls visit for the entries from sequence number from on.
func (f frame) each(from uint64, visit func(sequence uint64, entry []byte)) {
	rest := f.entries
	for sequence := f.sequence; sequence < f.end(); sequence++ {
		n := int(binary.LittleEndian.Uint32(rest))
		if sequence >= from {
			visit(sequence, rest[lengthSize:lengthSize+n:lengthSize+n])
		}
		rest = rest[lengthSize+n:]
	}
}

// framedSize is what the entries take on disk.
func framedSize(entries [][]byte) int {
	size, open := 0, 0
	for _, entry := range entries {
		if open == 0 || open+lengthSize+len(entry) > frameSize {
			size, open = size+headerSize, headerSize
		}
		size += lengthSize + len(entry)
		open += lengthSize + len(entry)
	}
	return size
}

// appendFrames appends the entries in frames that stamp has still to finish.
func appendFrames(dst []byte, entries [][]byte) []byte {
	start := -1
	for _, entry := range entries {
		if start < 0 || len(dst)-start+lengthSize+len(entry) > frameSize {
			start = len(dst)
			dst = append(dst, magic[:]...)
			dst = append(dst, make([]byte, headerSize-len(magic))...)
		}
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(entry)))
		dst = append(dst, entry...)
		head := dst[start:]
		binary.LittleEndian.PutUint32(head[8:], uint32(len(head)-headerSize))
		binary.LittleEndian.PutUint32(head[12:], binary.LittleEndian.Uint32(head[12:])+1)
	}
	return dst
}

// stamp numbers the frames from sequence on, seals them, and returns the
// sequence number after the last entry.
func stamp(frames []byte, sequence uint64, now time.Time) uint64 {
	for len(frames) > 0 {
		size := headerSize + int(binary.LittleEndian.Uint32(frames[8:]))
		binary.LittleEndian.PutUint64(frames[16:], sequence)
		binary.LittleEndian.PutUint64(frames[24:], uint64(now.UnixMilli()))
		binary.LittleEndian.PutUint32(frames[4:], crc32.Checksum(frames[8:size], castagnoli))
		sequence += uint64(binary.LittleEndian.Uint32(frames[12:]))
		frames = frames[size:]
	}
	return sequence
}
