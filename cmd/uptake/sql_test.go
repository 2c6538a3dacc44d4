package main

import (
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"
)

func TestValuesOfAnyColumnPrint(t *testing.T) {
	large, _ := new(big.Int).SetString("170141183460469231731687303715884105727", 10)
	for _, c := range []struct {
		value any
		want  string
	}{
		{[]uint8{1, 2}, "[1,2]"},
		{large, "170141183460469231731687303715884105727"},
		{math.NaN(), "null"},
		{float32(math.Inf(1)), "null"},
		{1.5, "1.5"},
		{uint64(math.MaxUint64), "18446744073709551615"},
	} {
		row := []any{plainValue(reflect.ValueOf(c.value), "")}
		var out strings.Builder
		if err := printJSON(&out, table{columns: []string{"a"}, rows: [][]any{row}}); err != nil {
			t.Errorf("%v: %v", c.value, err)
		}
		if want := "[\n{\"a\":" + c.want + "}\n]\n"; out.String() != want {
			t.Errorf("%v: printed %q, want %q", c.value, out.String(), want)
		}
	}
}
