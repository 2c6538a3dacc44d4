package engine

import (
	"debug/elf"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// Digest and size of the library that fetch.sh brings.
const (
	pinnedDigest = "36ad4e999882821ef13cf2d0f52c93f48e6ee1b4498b35a201c23ce4b8d15bf5"
	pinnedSize   = 566330096
	stampSuffix  = ".sha256"
)

var machines = map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}

// checkLibrary looks at what is quick to see: the machine it is for and, where
// fetch.sh has left the digest it checked, that this is still the file. Reading
// half a gigabyte at each start would cost more than the start.
func checkLibrary(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("look at the library of the embedded ClickHouse: %w", err)
	}
	if err := checkMachine(path); err != nil {
		return err
	}
	stamp, err := os.ReadFile(path + stampSuffix)
	if os.IsNotExist(err) {
		return nil // the user's own
	}
	if err != nil {
		return fmt.Errorf("look at the library of the embedded ClickHouse: %w", err)
	}
	digest, _, _ := strings.Cut(string(stamp), " ")
	if digest != pinnedDigest || info.Size() != pinnedSize {
		return fmt.Errorf("the library %s is not the one that this version wants (checksum or size differ): remove it and run `make engine`", path)
	}
	return nil
}

func checkMachine(path string) error {
	if runtime.GOOS != "linux" {
		return nil
	}
	file, err := elf.Open(path)
	if err != nil {
		return fmt.Errorf("the library %s is no shared library: remove it and run `make engine`: %w", path, err)
	}
	defer file.Close()
	if want, ok := machines[runtime.GOARCH]; ok && file.Machine != want {
		return fmt.Errorf("the library %s is for %s, but this machine is %s: set library to one of version 26.7 for it", path, file.Machine, runtime.GOARCH)
	}
	return nil
}
