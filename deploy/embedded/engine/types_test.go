package engine_test

import (
	"context"
	"fmt"
	"net"
	"reflect"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/uptake-telemetry/uptake/deploy/embedded/engine/enginetest"
)

const allTypes = `(
	a UUID, b DateTime('UTC'), c DateTime64(3, 'UTC'), d DateTime64(9, 'UTC'), e Date, f LowCardinality(String),
	g LowCardinality(Nullable(String)), h Map(String, UInt64), i Map(LowCardinality(String), String), j Array(Int32),
	k Array(Array(String)), l Array(Nullable(Int16)), m Array(LowCardinality(String)), n Nullable(Float64),
	o Enum8('x' = 1, 'y, (z' = 2), p Enum16('u' = 300, 'v' = 400), q FixedString(4), r Bool, s Decimal(18, 4),
	t Tuple(Int8, String), u Tuple(first UInt8, second Array(String)), v IPv4, w IPv6, x String, y Date32, z Nullable(Bool)
) ENGINE = MergeTree ORDER BY a`

func allValues(n int) []any {
	at := time.Date(2026, 11, 20, 9, 15, 2, 0, time.UTC).Add(time.Duration(n) * time.Second)
	odd, text, bit := float64(n), fmt.Sprint("nullable", n%5), n%2 == 0
	number := int16(n)
	if n%3 == 0 {
		return []any{
			uuid.NewSHA1(uuid.Nil, fmt.Append(nil, n)), at, at, at, at.Truncate(24 * time.Hour), "", (*string)(nil), map[string]uint64{}, map[string]string{}, []int32{},
			[][]string{}, []*int16{}, []string{}, (*float64)(nil), "x", "u", "abcd", false, decimal.New(int64(n), -4),
			[]any{int8(n), ""}, map[string]any{"first": uint8(1), "second": []string{}}, net.IPv4(127, 0, 0, 1).To4(), net.ParseIP("::1"), "", at.Truncate(24 * time.Hour), (*bool)(nil),
		}
	}
	return []any{
		uuid.NewSHA1(uuid.Nil, fmt.Append(nil, n)), at, at.Add(123 * time.Millisecond), at.Add(123456789), at.Truncate(24 * time.Hour), fmt.Sprint("low", n%300), &text,
		map[string]uint64{"k": uint64(n)}, map[string]string{fmt.Sprint("k", n%7): "v"}, []int32{1, int32(n)},
		[][]string{{"a", ""}, {}, {"b"}}, []*int16{nil, &number}, []string{"one", fmt.Sprint("two", n%9)}, &odd, "y, (z", "v", "wxyz", true, decimal.New(int64(n), -4),
		[]any{int8(n), "t"}, map[string]any{"first": uint8(n), "second": []string{"s"}}, net.IPv4(10, 0, 0, byte(n)).To4(), net.ParseIP("2001:db8::1"), "text", at.Truncate(24 * time.Hour), &bit,
	}
}

func TestTypesPassBothWaysUnderEachCompression(t *testing.T) {
	options := enginetest.Options(t)
	ctx := context.Background()
	admin := enginetest.Open(t, options)
	for _, method := range []clickhouse.CompressionMethod{clickhouse.CompressionNone, clickhouse.CompressionLZ4, clickhouse.CompressionZSTD} {
		t.Run(fmt.Sprint(method), func(t *testing.T) {
			compressed := *options
			compressed.Compression = &clickhouse.Compression{Method: method}
			connection := enginetest.Open(t, &compressed)
			must(t, admin.Exec(ctx, "CREATE OR REPLACE TABLE types "+allTypes))
			const rows = 1000
			batch, err := connection.PrepareBatch(ctx, "INSERT INTO types")
			must(t, err)
			for n := range rows {
				must(t, batch.Append(allValues(n)...))
			}
			must(t, batch.Send())
			same(t, connection, rows)
		})
	}
}

// same compares every value of the table with what was inserted.
func same(t *testing.T, connection driver.Conn, rows int) {
	t.Helper()
	result, err := connection.Query(context.Background(), "SELECT * FROM types ORDER BY b")
	must(t, err)
	defer result.Close()
	n := 0
	for ; result.Next(); n++ {
		var got []any
		for _, column := range result.ColumnTypes() {
			got = append(got, reflect.New(column.ScanType()).Interface())
		}
		must(t, result.Scan(got...))
		for i, want := range allValues(n) {
			if have, expect := plain(got[i]), plain(want); have != expect {
				t.Fatalf("row %d, column %s: got %s, want %s", n, result.Columns()[i], have, expect)
			}
		}
	}
	must(t, result.Err())
	if n != rows {
		t.Fatalf("got %d rows, want %d", n, rows)
	}
}

// plain prints what pointers point to.
func plain(value any) string {
	v := reflect.ValueOf(value)
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return "null"
		}
		v = v.Elem()
	}
	if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Pointer {
		text := ""
		for i := range v.Len() {
			text += plain(v.Index(i).Interface()) + " "
		}
		return text
	}
	if stringer, ok := v.Interface().(fmt.Stringer); ok {
		return stringer.String()
	}
	return fmt.Sprint(v.Interface())
}
