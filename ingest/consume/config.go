package consume

import (
	"errors"
	"time"
)

// Config holds the settings of the consumer group's member.
type Config struct {
	// SessionTimeout is how long the group waits for a member that went silent.
	SessionTimeout time.Duration `yaml:"session_timeout"`
	// HeartbeatInterval is how often a member is heard of.
	HeartbeatInterval time.Duration `yaml:"heartbeat_interval"`
	// RebalanceTimeout is how long the group waits for its members to join again.
	RebalanceTimeout time.Duration `yaml:"rebalance_timeout"`
	// RejoinBackoff is the pause after a failed attempt to join.
	RejoinBackoff time.Duration `yaml:"rejoin_backoff"`
	// PartitionWatch is how often new partitions are looked for.
	PartitionWatch time.Duration `yaml:"partition_watch"`
	// MaxFetchBytes bounds one fetch of one partition, before decompression. A
	// batch that is larger comes alone.
	MaxFetchBytes int64 `yaml:"max_fetch_bytes"`
	// TotalFetchBytes is shared by the partitions that a member holds, so that
	// many of them take no more memory than few.
	TotalFetchBytes int64 `yaml:"total_fetch_bytes"`
	// StopTimeout is how long a stop waits for blocks that are under way.
	StopTimeout time.Duration `yaml:"stop_timeout"`
}

// DefaultConfig takes a dead member's partitions over within 11 seconds.
func DefaultConfig() Config {
	return Config{
		SessionTimeout:    10 * time.Second,
		HeartbeatInterval: time.Second,
		RebalanceTimeout:  5 * time.Second,
		RejoinBackoff:     time.Second,
		PartitionWatch:    5 * time.Second,
		MaxFetchBytes:     512 << 10,
		TotalFetchBytes:   4 << 20,
		StopTimeout:       10 * time.Second,
	}
}

// Validate names the setting that cannot work and how to mend it.
func (c Config) Validate() error {
	switch {
	case c.SessionTimeout < time.Second:
		return errors.New("session_timeout: at least 1s, brokers refuse less than their group.min.session.timeout.ms (6s by default)")
	case c.HeartbeatInterval <= 0 || c.HeartbeatInterval > c.SessionTimeout/3:
		return errors.New("heartbeat_interval: over 0 and at most a third of session_timeout")
	case c.RebalanceTimeout <= 0:
		return errors.New("rebalance_timeout: over 0, such as 5s")
	case c.RejoinBackoff <= 0:
		return errors.New("rejoin_backoff: over 0, such as 1s")
	case c.PartitionWatch <= 0:
		return errors.New("partition_watch: over 0, such as 5s")
	case c.MaxFetchBytes < 4<<10 || c.MaxFetchBytes > 64<<20:
		return errors.New("max_fetch_bytes: from 4096 to 67108864")
	case c.TotalFetchBytes < c.MaxFetchBytes:
		return errors.New("total_fetch_bytes: at least max_fetch_bytes")
	case c.StopTimeout < 0:
		return errors.New("stop_timeout: 0 or more, such as 10s")
	}
	return nil
}

// fetchBytes bounds one fetch of a member that holds so many partitions.
func (c Config) fetchBytes(partitions int) int64 {
	const least = 64 << 10
	return min(c.MaxFetchBytes, max(c.TotalFetchBytes/int64(max(partitions, 1)), least))
}
