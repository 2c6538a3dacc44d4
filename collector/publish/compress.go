package publish

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// The codecs as the attributes of a batch name them.
const (
	codecNone uint16 = 0
	codecLZ4  uint16 = 3
	codecZstd uint16 = 4
)

// compressor appends records to dst, smaller if they get smaller, and returns
// the attributes that say how. It may be used by many at once.
type compressor interface {
	append(dst, records []byte) ([]byte, uint16)
}

func newCompressor(name string) (compressor, error) {
	switch name {
	case Zstd:
		encoder, err := zstd.NewWriter(nil,
			zstd.WithEncoderLevel(zstd.SpeedFastest),
			zstd.WithEncoderConcurrency(min(4, runtime.GOMAXPROCS(0))),
			zstd.WithWindowSize(512<<10),
			zstd.WithEncoderCRC(false))
		if err != nil {
			return nil, fmt.Errorf("prepare zstd: %w", err)
		}
		return zstdCompressor{encoder}, nil
	case LZ4:
		return &lz4Compressor{}, nil
	default:
		return uncompressed{}, nil
	}
}

type uncompressed struct{}

func (uncompressed) append(dst, records []byte) ([]byte, uint16) {
	return append(dst, records...), codecNone
}

type zstdCompressor struct{ encoder *zstd.Encoder }

func (c zstdCompressor) append(dst, records []byte) ([]byte, uint16) {
	out := c.encoder.EncodeAll(records, dst)
	if len(out)-len(dst) >= len(records) {
		return append(dst, records...), codecNone
	}
	return out, codecZstd
}

type lz4Compressor struct{ writers sync.Pool }

func (c *lz4Compressor) append(dst, records []byte) ([]byte, uint16) {
	out := bytes.NewBuffer(dst)
	writer, ok := c.writers.Get().(*lz4.Writer)
	if !ok {
		writer = lz4.NewWriter(out)
		_ = writer.Apply(lz4.BlockSizeOption(lz4.Block256Kb), lz4.ChecksumOption(false))
	}
	writer.Reset(out)
	_, err := writer.Write(records)
	if err = errors.Join(err, writer.Close()); err != nil || out.Len()-len(dst) >= len(records) {
		return append(dst, records...), codecNone
	}
	c.writers.Put(writer)
	return out.Bytes(), codecLZ4
}
