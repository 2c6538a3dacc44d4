package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
)

var nameOfCollector = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

func validateName(name string) error {
	if name != "" && !nameOfCollector.MatchString(name) {
		return fmt.Errorf("name: %q is no name of a collector; use up to 64 letters, digits and dashes", name)
	}
	return nil
}

// collectorName is the name that events get as that of their collector: the one
// in the settings, else one made at random and kept. The host's would be easier
// to find, but a laptop's can name its owner.
func (d dataFolder) collectorName(setting string) (string, error) {
	if setting != "" {
		return setting, nil
	}
	path := d.path("collector-name")
	kept, err := os.ReadFile(path)
	if name := strings.TrimSpace(string(kept)); err == nil && nameOfCollector.MatchString(name) {
		return name, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", d.unusable(err)
	}
	b := make([]byte, 4)
	if _, err := rand.Read(b); err != nil {
		return "", err
	}
	name := "c-" + hex.EncodeToString(b)
	return name, writeFileAtomic(path, []byte(name+"\n"), 0o600)
}
