package spool

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"path/filepath"
)

const (
	checkpointName = "checkpoint"
	checkpointSize = 12
)

// readCheckpoint returns the sequence number up to which all is settled. A
// checkpoint that is missing or damaged is 0: what is still on disk is then
// read again.
func readCheckpoint(fs fileSystem, dir string) uint64 {
	b, err := fs.ReadFile(filepath.Join(dir, checkpointName))
	if err != nil || len(b) != checkpointSize || crc32.Checksum(b[:8], castagnoli) != binary.LittleEndian.Uint32(b[8:]) {
		return 0
	}
	return binary.LittleEndian.Uint64(b)
}

// writeCheckpoint replaces the checkpoint as a whole.
func writeCheckpoint(fs fileSystem, dir string, settled uint64) error {
	b := binary.LittleEndian.AppendUint64(nil, settled)
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
