package otlp

import "github.com/uptake-telemetry/uptake/schema/tools"

// The offset basis and prime of FNV-1a, and a second basis for the upper half.
const (
	fnvBasis  = 14695981039346656037
	fnvBasis2 = 0x9e3779b97f4a7c15
	fnvPrime  = 1099511628211
)

// fingerprint adds an attribute to the identity of a point's stream. Adding is
// commutative, because clients shuffle attributes between exports.
func fingerprint(print *[2]uint64, key string, v tools.Value) {
	for i, basis := range [2]uint64{fnvBasis, fnvBasis2} {
		h := fnv(basis, key)
		h = (h ^ uint64(v.Kind)) * fnvPrime
		print[i] += mix(fnv(h, v.String()))
	}
}

func fnv(h uint64, s string) uint64 {
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * fnvPrime
	}
	return h
}

// mix spreads the bits, so that sums of hashes stay apart.
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
