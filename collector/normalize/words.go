package normalize

import (
	"strings"

	"github.com/uptake-telemetry/uptake/schema"
)

// ModelName says whether the word can be the name of a model, such as
// "claude-sonnet-5", "models/gemini-2.5-pro", "gpt-5:latest" or
// "claude-sonnet-4@20250514". Text, mail addresses, file paths and addresses on
// the web cannot.
func ModelName(word string) bool {
	if word == "" {
		return true
	}
	if len(word) > schema.MaxModelLen || !alphanumeric(word[0]) || secret(word) {
		return false
	}
	for _, place := range []string{"..", "//", ":/"} {
		if strings.Contains(word, place) {
			return false
		}
	}
	for i := 0; i < len(word); i++ {
		switch c := word[i]; {
		case alphanumeric(c), strings.IndexByte("._-:/+[]", c) >= 0:
		case c == '@' && i+1 < len(word) && word[i+1] >= '0' && word[i+1] <= '9':
		default:
			return false
		}
	}
	return true
}

// VersionName says whether the word can be a version.
func VersionName(word string) bool {
	if len(word) > schema.MaxVersionLen || secret(word) {
		return false
	}
	for i := 0; i < len(word); i++ {
		if c := word[i]; !alphanumeric(c) && strings.IndexByte("._-+", c) < 0 {
			return false
		}
	}
	return true
}

// numbered says whether a version begins with a number, as those of tools do. A
// word that does not is left out of telemetry, where nobody chose to send it.
func numbered(version string) bool {
	digits := strings.TrimPrefix(version, "v")
	return digits != "" && digits[0] >= '0' && digits[0] <= '9'
}

// credentials are how the keys and tokens of well-known services begin, by their
// first byte, since every event with a model asks.
var credentials = byFirstByte(
	"sk-", "pk-", "rk-", "sk_", "pk_", "rk_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "AKIA", "ASIA", "AIza", "eyJ", "hf_", "ya29.", "npm_", "pypi-", "dop_v1_", "SG.", "Bearer",
)

func byFirstByte(words ...string) (by [256][]string) {
	for _, word := range words {
		by[word[0]] = append(by[word[0]], word)
	}
	return by
}

// randomRun is a length of letters and digits without a break that names of
// models and versions do not have, and keys do.
const randomRun = 24

// secret says whether the word looks like a key that got where a name belongs.
func secret(word string) bool {
	if word == "" {
		return false
	}
	for _, beginning := range credentials[word[0]] {
		if strings.HasPrefix(word, beginning) {
			return true
		}
	}
	run, digits := 0, 0
	for i := 0; i < len(word); i++ {
		if !alphanumeric(word[i]) {
			run, digits = 0, 0
			continue
		}
		run++
		if word[i] <= '9' {
			digits++
		}
		if run >= randomRun && digits > 2 {
			return true
		}
	}
	return false
}

func alphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
