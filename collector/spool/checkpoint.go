package spool

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"path/filepath"
)

const checkpointName = "checkpoint"

// checkpoint is what is known of entries whose files may be gone. On disk it is
// its numbers, little-endian, and their CRC32C.
type checkpoint struct {
	// Settled is the sequence number before which all is settled.
	Settled uint64
	// Counts are those of the entries before the sequence number Counted.
	Counted uint64
	Counts  Counts
}

var checkpointSize = binary.Size(checkpoint{})

// readCheckpoint returns the checkpoint. One that is missing or damaged is
// empty: what is still on disk is then read and counted again.
func readCheckpoint(fs fileSystem, dir string) (c checkpoint) {
	b, err := fs.ReadFile(filepath.Join(dir, checkpointName))
	if err != nil || len(b) != checkpointSize+crc32.Size {
		return c
	}
	numbers, sum := b[:checkpointSize], b[checkpointSize:]
	if crc32.Checksum(numbers, castagnoli) != binary.LittleEndian.Uint32(sum) {
		return c
	}
	_, _ = binary.Decode(numbers, binary.LittleEndian, &c) // fails for other lengths only
	return c
}

// writeCheckpoint replaces the checkpoint as a whole.
func writeCheckpoint(fs fileSystem, dir string, c checkpoint) error {
	b, err := binary.Append(nil, binary.LittleEndian, c)
	if err != nil {
		return fmt.Errorf("write the checkpoint: %w", err)
	}
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	path := filepath.Join(dir, checkpointName)
	if err := writeWhole(fs, path+".tmp", b); err != nil {
		return fmt.Errorf("write the checkpoint: %w", err)
	}
	if err := fs.Rename(path+".tmp", path); err != nil {
		return fmt.Errorf("replace the checkpoint: %w", err)
	}
	return nil
}

func writeWhole(fs fileSystem, path string, b []byte) error {
	f, err := fs.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteAt(b, 0); err != nil {
		return err
	}
	return f.Sync()
}
