package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// dataFolder is the one folder in which a mode keeps all it writes.
type dataFolder string

func (d dataFolder) path(elem ...string) string {
	return filepath.Join(append([]string{string(d)}, elem...)...)
}

func (d dataFolder) secret(name string) string { return d.path("secrets", name) }

// open makes the folder and takes it for this process. A folder that another
// process uses is refused with that process's id.
func (d dataFolder) open() (release func() error, err error) {
	if err := os.MkdirAll(d.path("secrets"), 0o700); err != nil {
		return nil, d.unusable(err)
	}
	f, err := os.OpenFile(d.path("lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, d.unusable(err)
	}
	if !lockSoon(f) {
		defer f.Close()
		return nil, fmt.Errorf("the data folder %s is in use by %s; stop it first or give another --data", d, holder(f))
	}
	if err = f.Truncate(0); err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		return nil, errors.Join(d.unusable(err), f.Close())
	}
	return f.Close, nil
}

// lockPatience is how long a process that is just ending is waited for.
const lockPatience = time.Second

func lockSoon(f *os.File) bool {
	for deadline := time.Now().Add(lockPatience); ; time.Sleep(lockPatience / 20) {
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
	}
}

func (d dataFolder) unusable(err error) error {
	return fmt.Errorf("the data folder %s cannot be used: %w; give a folder that this user may write to, with --data", d, err)
}

func holder(f *os.File) string {
	b := make([]byte, 32)
	n, _ := f.ReadAt(b, 0)
	if pid := strings.TrimSpace(string(b[:n])); pid != "" {
		return "process " + pid
	}
	return "another process"
}

// ensureSecret returns the secret in the file and makes it at first use.
func (d dataFolder) ensureSecret(name string, bytes int) (string, error) {
	path := d.secret(name)
	secret, err := readSecret(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	b := make([]byte, bytes)
	if _, err := rand.Read(b); err != nil {
		return "", err
	}
	secret = base64.RawURLEncoding.EncodeToString(b)
	return secret, writeSecret(path, secret)
}

func writeSecret(path, secret string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return writeFileAtomic(path, []byte(secret+"\n"), 0o600)
}

// readSecret returns the first line of a secret's file.
func readSecret(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	secret, _, _ := strings.Cut(string(b), "\n")
	if secret = strings.TrimSpace(secret); secret == "" {
		return "", fmt.Errorf("%s is empty; put the secret back into it", path)
	}
	return secret, nil
}

// writeFileAtomic replaces a file so that a reader sees the old or the new one
// whole, also after a crash.
func writeFileAtomic(path string, content []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err = f.Write(content); err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// runFile is DIR/run.json: where everything of a running `up` is found. All
// paths in it are absolute.
type runFile struct {
	PID                    int    `json:"pid"`
	OTLPHTTP               string `json:"otlp_http"`
	OTLPGRPC               string `json:"otlp_grpc"`
	Web                    string `json:"web"`
	Metrics                string `json:"metrics"`
	Kafka                  string `json:"kafka"`
	ClickHouse             string `json:"clickhouse"`
	KafkaUser              string `json:"kafka_user"`
	KafkaPasswordFile      string `json:"kafka_password_file"`
	KafkaMechanism         string `json:"kafka_mechanism"`
	ClickHouseUser         string `json:"clickhouse_user"`
	ClickHousePasswordFile string `json:"clickhouse_password_file"`
	IngestTokenFile        string `json:"ingest_token_file"`
	ReadTokenFile          string `json:"read_token_file"`
	// Tools is the site's folder, where there is one: commands must know the
	// tools that the system knows.
	Tools string `json:"tools,omitempty"`
}

func (d dataFolder) removeRunFile() error {
	if err := os.Remove(d.runFilePath()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (d dataFolder) runFilePath() string { return d.path("run.json") }

func (r runFile) write(d dataFolder) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return writeFileAtomic(d.runFilePath(), append(b, '\n'), 0o600)
}

// errNotRunning says that no process serves the data folder.
var errNotRunning = errors.New("nothing is running on this data folder")

// running reads run.json of a live process; a stale one counts as none.
func (d dataFolder) running() (runFile, error) {
	var r runFile
	b, err := os.ReadFile(d.runFilePath())
	if errors.Is(err, fs.ErrNotExist) {
		return r, errNotRunning
	}
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(b, &r); err != nil {
		return r, fmt.Errorf("%s: %w", d.runFilePath(), err)
	}
	if syscall.Kill(r.PID, 0) != nil {
		return r, errNotRunning
	}
	return r, nil
}
