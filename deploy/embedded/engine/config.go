package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Config says how the engine runs.
type Config struct {
	// Binary is the program uptake-engine. Left out: UPTAKE_ENGINE_BINARY, or the one beside this program.
	Binary string `yaml:"binary"`
	// Library is libchdb.so. Left out: UPTAKE_ENGINE_LIBRARY, or the one beside this program.
	Library string `yaml:"library"`
	// Path is the data folder; it is made where it is missing.
	Path string `yaml:"path"`
	// Listen is an address on loopback; port 0 takes a free one.
	Listen string `yaml:"listen"`
	// User may do everything; its password is in PasswordFile.
	User         string `yaml:"user"`
	PasswordFile string `yaml:"password_file"`
	// ReadonlyUser, if any, may only read; its password is in ReadonlyPasswordFile.
	ReadonlyUser         string `yaml:"readonly_user"`
	ReadonlyPasswordFile string `yaml:"readonly_password_file"`
	// ReadonlyTables are what ReadonlyUser may read, as database.table; none at all means every table.
	ReadonlyTables []string `yaml:"readonly_tables"`
	// MaxConnections bounds the clients at a time.
	MaxConnections int `yaml:"max_connections"`
	// MemoryBytes bounds what ClickHouse takes.
	MemoryBytes int64 `yaml:"memory_bytes"`

	// Ephemeral removes the data folder when the engine stops. It is for tests.
	Ephemeral bool `yaml:"-"`
}

// DefaultConfig lacks a data folder and a password file, which have no default.
func DefaultConfig() Config {
	return Config{
		Listen:         "127.0.0.1:9000",
		User:           "uptake",
		MaxConnections: 200,
		MemoryBytes:    2 << 30,
	}
}

// Validate names the first setting that is wrong, and what it should be.
func (c Config) Validate() error {
	switch {
	case c.Path == "":
		return errors.New("path: want the data folder of the embedded ClickHouse")
	case c.Listen == "":
		return errors.New("listen: want an address on loopback, such as 127.0.0.1:9000")
	case c.User == "" || c.PasswordFile == "":
		return errors.New("user, password_file: want the user's name and a file with the password")
	case (c.ReadonlyUser == "") != (c.ReadonlyPasswordFile == ""):
		return errors.New("readonly_user, readonly_password_file: want both or none")
	case c.MaxConnections < 1 || c.MaxConnections > 5000:
		return errors.New("max_connections: want 1 to 5000")
	case c.MemoryBytes < 256<<20:
		return errors.New("memory_bytes: want at least 268435456 (256 MiB)")
	}
	return nil
}

// resolve fills in where things are, as absolute paths, and checks that they
// are there.
func (c Config) resolve() (Config, error) {
	if err := c.Validate(); err != nil {
		return c, err
	}
	var err error
	if c.Path, err = filepath.Abs(c.Path); err != nil {
		return c, fmt.Errorf("find the data folder of the embedded ClickHouse: %w", err)
	}
	if c.Binary, err = locate(c.Binary, "UPTAKE_ENGINE_BINARY", "uptake-engine"); err != nil {
		return c, fmt.Errorf("the program uptake-engine is missing: run `make build`, or set binary or UPTAKE_ENGINE_BINARY: %w", err)
	}
	if c.Library, err = locate(c.Library, "UPTAKE_ENGINE_LIBRARY", "libchdb.so"); err != nil {
		return c, fmt.Errorf("the library of the embedded ClickHouse is missing: run `make engine`, or set library or UPTAKE_ENGINE_LIBRARY: %w", err)
	}
	return c, checkLibrary(c.Library)
}

// locate gives the absolute path of a file: as set, from the environment, or
// beside this program.
func locate(path, variable, name string) (string, error) {
	if path == "" {
		path = os.Getenv(variable)
	}
	if path == "" {
		self, err := os.Executable()
		if err != nil {
			return "", err
		}
		path = filepath.Join(filepath.Dir(self), name)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	_, err = os.Stat(path)
	return path, err
}
