// Package broker is the embedded Kafka: a broker inside the process that keeps
// its topics, its group offsets and its data in one folder, for `uptake up` and
// for tests.
//
// It promises
//   - that an acknowledged batch is in a synced file, so that a kill -9 loses
//     nothing acknowledged: a torn tail is cut when the folder is opened again;
//   - that group offsets and topics are there again after a kill and after a
//     clean stop;
//   - that it listens on the loopback address only, and lets nobody in without
//     the password it was started with;
//   - that one process uses a folder at a time.
//
// It is one broker without replicas. A producer's session ends with the broker:
// after a kill -9 a repeated batch is stored again, and its event ids make that
// harmless. The underlying kfake does not report a failed fsync and does not
// sync folders, so a disk that lies or a power cut at the moment a segment is
// made can lose its last writes; who cannot have that points Uptake at a real
// cluster.
package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/uptake-telemetry/uptake/schema/kafka"
)

// User is who logs in to the broker, with the password of the settings.
const User = "uptake"

// Mechanism is how.
const Mechanism = kafka.ScramSHA256

// Config of the broker.
type Config struct {
	// Dir keeps everything; it is made when it is missing. Empty keeps all in
	// memory, for tests.
	Dir string
	// Port on the loopback address; 0 takes a free one.
	Port int
	// Password of User. It may differ from start to start.
	Password string
	// NoAuth lets everybody in, for tests.
	NoAuth bool
	// Topics exist, each with Partitions, once Start returns.
	Topics     []string
	Partitions int
	// MaxMessageBytes bounds a batch; 0 is Kafka's own 1,048,588.
	MaxMessageBytes int
	// Logger gets what the broker has to say from warnings up; nil is silence.
	Logger *slog.Logger
}

// retention is how long a message stays.
const retention = 30 * 24 * time.Hour

// Broker is a running broker.
type Broker struct {
	cluster *kfake.Cluster
	lock    *lock
	config  Config
	close   sync.Once
}

// Start opens the folder, listens and makes the topics.
func Start(config Config) (*Broker, error) {
	if err := config.validate(); err != nil {
		return nil, fmt.Errorf("start the broker: %w", err)
	}
	b := &Broker{config: config}
	if err := b.start(); err != nil {
		b.Close()
		return nil, fmt.Errorf("start the broker: %w", err)
	}
	return b, nil
}

func (c Config) validate() error {
	switch {
	case c.Password == "" && !c.NoAuth:
		return errors.New("a password is needed")
	case len(c.Topics) > 0 && c.Partitions < 1:
		return errors.New("topics need at least one partition")
	case c.Port < 0 || c.Port > 65535:
		return fmt.Errorf("port %d is not between 0 and 65535", c.Port)
	}
	return nil
}

func (b *Broker) start() error {
	if err := b.prepareDir(); err != nil {
		return err
	}
	cluster, err := kfake.NewCluster(b.config.options()...)
	if err != nil {
		return explain(err, b.config)
	}
	b.cluster = cluster
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return b.ensureTopics(ctx)
}

// prepareDir locks the folder, and forgets the password it was last used with.
func (b *Broker) prepareDir() error {
	if b.config.Dir == "" {
		return nil
	}
	if err := os.MkdirAll(b.config.Dir, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	lock, err := lockDir(b.config.Dir)
	if err != nil {
		return err
	}
	b.lock = lock
	if err := os.Remove(filepath.Join(b.config.Dir, "sasl.json")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("replace the password: %w", err)
	}
	return nil
}

// Addr returns host:port.
func (b *Broker) Addr() string { return b.cluster.ListenAddrs()[0] }

// Cluster gives tests the faults and controls of the broker.
func (b *Broker) Cluster() *kfake.Cluster { return b.cluster }

// Close stops the broker and leaves everything in its folder. Twice is
// harmless.
func (b *Broker) Close() error {
	b.close.Do(func() {
		if b.cluster != nil {
			b.cluster.Close()
		}
		b.lock.release()
	})
	return nil
}
