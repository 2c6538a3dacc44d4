package kafkatest

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"
)

//go:embed pom.xml
var pom []byte

// version is that of the pom.
const version = "4.3.0"

// libraries returns the folder of Kafka's archives, and has Maven fetch them
// the first time.
func libraries(ctx context.Context) (string, error) {
	if _, err := exec.LookPath("java"); err != nil {
		return "", errors.New("java is not installed; install a JRE 17")
	}
	if libs := os.Getenv("UPTAKE_KAFKA_LIBS"); libs != "" {
		if !complete(libs) {
			return "", fmt.Errorf("UPTAKE_KAFKA_LIBS: %s does not hold Kafka %s", libs, version)
		}
		return libs, nil
	}
	root, err := repositoryRoot()
	if err != nil {
		return "", err
	}
	libs := filepath.Join(root, ".cache", "kafka", version)
	if complete(libs) {
		return libs, nil
	}
	return libs, fetch(ctx, libs)
}

func complete(libs string) bool {
	_, err := os.Stat(filepath.Join(libs, "kafka_2.13-"+version+".jar"))
	return err == nil
}

// fetch lets one process at a time run Maven; what it brings is there as a
// whole or not at all.
func fetch(ctx context.Context, libs string) error {
	if _, err := exec.LookPath("mvn"); err != nil {
		return errors.New("mvn is not installed, nor is Kafka in " + libs + "; install Maven or set UPTAKE_KAFKA_LIBS")
	}
	parent := filepath.Dir(libs)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	lock, err := os.OpenFile(filepath.Join(parent, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil || complete(libs) {
		return err
	}
	return runMaven(ctx, parent, libs)
}

func runMaven(ctx context.Context, parent, libs string) error {
	work, err := os.MkdirTemp(parent, "fetch-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := os.WriteFile(filepath.Join(work, "pom.xml"), pom, 0o644); err != nil {
		return err
	}
	maven := exec.CommandContext(ctx, "mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory="+filepath.Join(work, "libs"))
	maven.Dir = work
	if out, err := maven.CombinedOutput(); err != nil {
		return fmt.Errorf("fetch Kafka with mvn: %w\n%.2000s", err, out)
	}
	return os.Rename(filepath.Join(work, "libs"), libs)
}

func repositoryRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("go.mod is not above the working folder")
		}
	}
}
