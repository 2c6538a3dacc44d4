package normalize

import (
	"strings"

	"github.com/uptake-telemetry/uptake/schema"
)

// ModelName says whether the word can be the name of a model, such as
// "claude-sonnet-5", "models/gemini-2.5-pro", "gpt-5:latest" or
// "claude-sonnet-4@20250514". Text, mail addresses and file paths cannot.
func ModelName(word string) bool {
	if word == "" {
		return true
	}
	if len(word) > schema.MaxModelLen || !alphanumeric(word[0]) || strings.Contains(word, "..") {
		return false
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
	if len(word) > schema.MaxVersionLen {
		return false
	}
	for i := 0; i < len(word); i++ {
		if c := word[i]; !alphanumeric(c) && strings.IndexByte("._-+", c) < 0 {
			return false
		}
	}
	return true
}

func alphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
