package native

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/ClickHouse/ch-go/compress"
	"github.com/ClickHouse/ch-go/proto"
)

// sampleBlock is a block as a client sends it, with every kind of layout.
func sampleBlock(t testing.TB) []byte {
	t.Helper()
	numbers := proto.ColUInt64{1, 2, 3}
	texts := new(proto.ColStr)
	low := new(proto.ColStr).LowCardinality()
	arrays := new(proto.ColStr).Array()
	nullable := new(proto.ColUInt8).Nullable()
	maps := proto.NewMap(new(proto.ColStr).LowCardinality(), new(proto.ColInt32))
	for i := range 3 {
		text := strings.Repeat("x", i*100)
		texts.Append(text)
		low.Append(text)
		arrays.Append([]string{text, ""})
		nullable.Append(proto.NewNullable(uint8(i)))
		maps.Append(map[string]int32{text: 1})
	}
	input := []proto.InputColumn{
		{Name: "n", Data: &numbers}, {Name: "s", Data: texts}, {Name: "l", Data: low},
		{Name: "a", Data: arrays}, {Name: "o", Data: nullable}, {Name: "m", Data: maps},
	}
	buffer := new(proto.Buffer)
	block := proto.Block{Info: proto.BlockInfo{BucketNum: -1}, Columns: len(input), Rows: 3}
	if err := block.EncodeBlock(buffer, Revision, input); err != nil {
		t.Fatal(err)
	}
	return buffer.Buf
}

func TestCopyBlockPassesTheBytesOn(t *testing.T) {
	sample := sampleBlock(t)
	info := len(blockInfo)
	for _, method := range []compress.Method{compress.None, compress.LZ4, compress.ZSTD} {
		wire := slices.Concat(frames(t, method, sample), []byte{byte(Ping)})
		reader := NewReader(bytes.NewReader(wire))
		var passed []byte
		block, err := reader.CopyBlock(true, func(piece []byte) error {
			passed = append(passed, piece...)
			return nil
		})
		if err != nil {
			t.Fatal(method, err)
		}
		if !bytes.Equal(passed, sample[info:]) || block.Rows != 3 || len(block.Columns) != 6 {
			t.Errorf("%s: passed %d bytes of %d, %+v", method, len(passed), len(sample)-info, block)
		}
		if code, err := reader.Code(); code != Ping || err != nil {
			t.Errorf("%s: after the block came %d, %v", method, code, err)
		}
	}
}

// frames cuts data into two compressed frames, as a client may.
func frames(t testing.TB, method compress.Method, data []byte) []byte {
	t.Helper()
	var wire []byte
	for _, part := range [][]byte{data[:len(data)/2], data[len(data)/2:]} {
		w := compress.NewWriter(compress.LevelZero, method)
		if err := w.Compress(part); err != nil {
			t.Fatal(err)
		}
		wire = append(wire, w.Data...)
	}
	return wire
}

func TestWriterSpeaksWhatAClientReads(t *testing.T) {
	sample := sampleBlock(t)[len(blockInfo):]
	for _, compressed := range []bool{false, true} {
		var wire bytes.Buffer
		w := NewWriter(&wire)
		if err := errors.Join(w.Data(sample, compressed), w.Exception(60, "why (UNKNOWN_TABLE)"), w.Flush()); err != nil {
			t.Fatal(err)
		}
		r := proto.NewReader(&wire)
		if code, _ := r.UInt8(); code != serverData {
			t.Fatalf("packet %d", code)
		}
		if name, _ := r.Str(); name != "" {
			t.Fatalf("name %q", name)
		}
		if compressed {
			r.EnableCompression()
		}
		var numbers proto.ColUInt64
		results := proto.Results{{Name: "n", Data: &numbers}, {Name: "s", Data: new(proto.ColStr)}, {Name: "l", Data: new(proto.ColStr).LowCardinality()},
			{Name: "a", Data: new(proto.ColStr).Array()}, {Name: "o", Data: new(proto.ColUInt8).Nullable()}, {Name: "m", Data: proto.NewMap(new(proto.ColStr).LowCardinality(), new(proto.ColInt32))}}
		var block proto.Block
		if err := block.DecodeBlock(r, Revision, &results); err != nil || !slices.Equal(numbers, []uint64{1, 2, 3}) {
			t.Fatal(err, numbers)
		}
		r.DisableCompression()
		var exception proto.Exception
		if code, _ := r.UInt8(); code != serverException {
			t.Fatalf("packet %d", code)
		}
		if err := exception.DecodeAware(r, Revision); err != nil || exception.Code != 60 {
			t.Fatal(err, exception)
		}
	}
}

func TestQueryOfEveryInterface(t *testing.T) {
	query := func(via byte, info ...byte) []byte {
		p := []byte{2, 'i', 'd', 2, 0, 0, 0} // id, kind, initial user, id and address
		p = append(p, make([]byte, 8)...)
		p = append(append(p, via), info...)
		p = append(p, 0, 0) // quota key, depth
		if via == 1 {
			p = append(p, 0)
		}
		p = append(p, 0, 0, 0, 0)                // trace, parallel replicas
		p = append(p, 1, 'a', 1, 2, '4', '2', 0) // settings
		p = append(p, 0, 2, 1)                   // hash, stage, compression
		return append(p, 3, '1', '+', '1', 0x7f) // text, and what is not of it
	}
	for name, wire := range map[string][]byte{
		"tcp":   query(1, 0, 0, 0, 1, 1, 1),
		"http":  query(2, 0, 0, 0, 0),
		"local": query(6),
	} {
		q, err := NewReader(bytes.NewReader(wire)).Query()
		if err != nil || q.ID != "id" || q.Text != "1+1" || !q.Compressed || len(q.Settings) != 1 || q.Settings[0] != (Setting{"a", "42", true}) {
			t.Errorf("%s: %+v, %v", name, q, err)
		}
	}
}

func TestTypes(t *testing.T) {
	for _, name := range []string{
		"Enum8('a, (b' = 1, 'c\\'' = 2)", "Tuple(a UInt8, `b c` Array(String), d Tuple(x Int8))", "Tuple(UInt8, String)", "Map(LowCardinality(String), Array(UInt8))",
		"Nested(a UInt8, b String)", "SimpleAggregateFunction(sum, UInt64)", "DateTime64(6, 'Europe/Berlin')", "Decimal(38, 5)", "FixedString(16)",
		"LowCardinality(Nullable(String))", "IntervalDay", "MultiPolygon", "Nullable(Nothing)", "Array(Array(Nullable(Decimal(10, 2))))",
	} {
		if _, err := parseLayout(name, 0); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", "AggregateFunction(sum, UInt64)", "JSON", "Tuple()", "Array()", "FixedString(0)", "FixedString(99999999999)", "Decimal(99, 1)", "Array(", strings.Repeat("Array(", 100) + "UInt8" + strings.Repeat(")", 100)} {
		if _, err := parseLayout(name, 0); !errors.Is(err, ErrMalformed) {
			t.Errorf("%.40s: got %v, want a malformed packet", name, err)
		}
	}
}

func TestClaimsTakeNoMemory(t *testing.T) {
	length := binary.AppendUvarint(nil, 60<<20)
	frame := make([]byte, frameHeader)
	binary.LittleEndian.PutUint32(frame[17:], 100<<20)
	binary.LittleEndian.PutUint32(frame[21:], 100<<20)
	strings := slices.Concat([]byte{0, 1, 3, 1, 's', 6}, []byte("String"), length)
	for name, read := range map[string]func() error{
		"text":  func() error { _, err := readString(bytes.NewReader(length), queryLimit); return err },
		"frame": func() error { _, err := NewReader(bytes.NewReader(frame)).CopyBlock(true, drop); return err },
		"block": func() error { _, err := NewReader(bytes.NewReader(strings)).CopyBlock(false, drop); return err },
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := read(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: got %v", name, err)
		}
		runtime.ReadMemStats(&after)
		if taken := after.TotalAlloc - before.TotalAlloc; taken > 2<<20 {
			t.Errorf("%s: a claim of 60 MiB or more took %d bytes", name, taken)
		}
	}
}

func drop([]byte) error { return nil }

// FuzzPackets reads whatever comes as a server would, one packet after the other.
func FuzzPackets(f *testing.F) {
	hello := new(proto.Buffer)
	proto.ClientHello{Name: "c", ProtocolVersion: Revision, Database: "d", User: "u", Password: "p"}.Encode(hello)
	f.Add(hello.Buf, false)
	query := new(proto.Buffer)
	proto.Query{ID: "1", Body: "SELECT 1", Info: proto.ClientInfo{Query: proto.ClientQueryInitial, Interface: proto.InterfaceTCP}}.EncodeAware(query, Revision)
	f.Add(query.Buf, false)
	f.Add(slices.Concat([]byte{byte(Data), 0}, sampleBlock(f)), false)
	f.Add(slices.Concat([]byte{byte(Data), 0}, frames(f, compress.LZ4, sampleBlock(f))), true)
	f.Add([]byte{byte(TablesStatusRequest), 1, 1, 'd', 1, 't', byte(Ping), byte(Cancel)}, false)
	f.Fuzz(func(t *testing.T, wire []byte, compressed bool) {
		r := NewReader(bytes.NewReader(wire))
		for {
			code, err := r.Code()
			if err == nil {
				err = readPacket(r, code, compressed)
			}
			if err == nil {
				continue
			}
			if !errors.Is(err, ErrMalformed) && !Gone(err) {
				t.Fatalf("an error of neither kind: %v", err)
			}
			return
		}
	})
}

func readPacket(r *Reader, code Code, compressed bool) (err error) {
	switch code {
	case Hello:
		_, err = r.Hello()
	case Query:
		_, err = r.Query()
	case Data, Scalar:
		if _, err = r.Name(); err == nil {
			_, err = r.CopyBlock(compressed, drop)
		}
	case TablesStatusRequest:
		_, err = r.TablesStatusRequest()
	case Cancel, Ping:
	default:
		err = malformed("packet %d", code)
	}
	return err
}
