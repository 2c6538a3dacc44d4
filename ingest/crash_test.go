package ingest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/prometheus/client_golang/prometheus"
	kafkago "github.com/segmentio/kafka-go"

	"github.com/uptake-telemetry/uptake/schema/kafka"
)

// childVariable holds the settings of the child process of the crash test.
const childVariable = "UPTAKE_INGEST_CHILD"

type childSettings struct {
	Kafka          kafka.Config
	Config         Config
	Addr, Database string
	User, Password string
}

// runChild is `ingest` as a process that can be killed. It says when it is
// ready to read and ends only by force or with its standard input.
func runChild() int {
	var s childSettings
	if err := json.Unmarshal([]byte(os.Getenv(childVariable)), &s); err != nil {
		panic(err)
	}
	conn, err := clickhouse.Open(&clickhouse.Options{Addr: []string{s.Addr}, Auth: clickhouse.Auth{Database: s.Database, Username: s.User, Password: s.Password},
		Compression: &clickhouse.Compression{Method: clickhouse.CompressionLZ4}})
	if err != nil {
		panic(err)
	}
	i, err := New(s.Config, Deps{Conn: conn, Kafka: s.Kafka, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), Registerer: prometheus.NewRegistry()})
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	go func() {
		for i.Ready() != nil {
			time.Sleep(time.Millisecond)
		}
		fmt.Println("ready")
	}()
	if err := i.Run(ctx); err != nil {
		panic(err)
	}
	return 0
}

// crashConfig makes small blocks, so that many moments are hit.
func crashConfig() Config {
	c := quick()
	c.FlushInterval, c.BlockRows = 10*time.Millisecond, 100
	c.Consume.RebalanceTimeout = 200 * time.Millisecond
	return c
}

type child struct {
	process *exec.Cmd
	stdin   io.Closer
	ready   *bufio.Reader
}

func startChild(t testing.TB, p *place, config Config) *child {
	t.Helper()
	settings, err := json.Marshal(childSettings{p.kafka, config, p.options.Addr[0], p.options.Auth.Database, p.options.Auth.Username, p.options.Auth.Password})
	if err != nil {
		t.Fatal(err)
	}
	process := exec.Command(os.Args[0])
	process.Env = append(os.Environ(), childVariable+"="+string(settings))
	process.Stderr = os.Stderr
	stdin, err := process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	return &child{process, stdin, bufio.NewReader(stdout)}
}

func (c *child) awaitReady(t testing.TB) {
	t.Helper()
	stuck := time.AfterFunc(30*time.Second, func() { _ = c.process.Process.Kill() })
	defer stuck.Stop()
	if _, err := c.ready.ReadString('\n'); err != nil {
		t.Fatal("the child did not become ready: ", err)
	}
}

func (c *child) kill() {
	_ = c.process.Process.Kill()
	_ = c.process.Wait()
}

// bury takes the dead member out of the group, as the end of its session would
// some seconds later.
func (p *place) bury(t *testing.T) {
	t.Helper()
	groups, err := p.client.DescribeGroups(context.Background(), &kafkago.DescribeGroupsRequest{GroupIDs: []string{p.kafka.Group}})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range groups.Groups[0].Members {
		_, err := p.client.LeaveGroup(context.Background(), &kafkago.LeaveGroupRequest{
			GroupID: p.kafka.Group, Members: []kafkago.LeaveGroupRequestMember{{ID: m.MemberID}}})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestKilledAtAnyMoment kills the process between fetch, announcement, insert,
// touched hours and commit, wherever chance takes it.
func TestKilledAtAnyMoment(t *testing.T) {
	kills := 50
	if testing.Short() {
		kills = 5
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	p := newPlace(t, 2)
	stop := make(chan struct{})
	var sender sync.WaitGroup
	sent := 0
	sender.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				p.send(t, p.kafka.Topic, sent/20%2, encoded(t, numbered(sent, sent+20)...)...)
				sent += 20
			}
		}
	})
	for range kills {
		c := startChild(t, p, crashConfig())
		c.awaitReady(t)
		time.Sleep(time.Duration(random.IntN(200)) * time.Millisecond)
		c.kill()
		p.bury(t)
	}
	close(stop)
	sender.Wait()
	last := startChild(t, p, crashConfig())
	eventually(t, "all is committed", func() bool { return p.committed(t, p.kafka.Topic, 2) == int64(sent) })
	last.stdin.Close()
	if err := last.process.Wait(); err != nil {
		t.Error(err)
	}
	for query, want := range map[string]int{
		"SELECT count() FROM event FINAL":                                sent,
		"SELECT uniqExact(event_id) FROM event":                          sent,
		"SELECT count() FROM dead_letter":                                0,
		"SELECT sum(rows) >= " + fmt.Sprint(sent) + " FROM touched_hour": 1,
	} {
		if got := p.count(t, "SELECT toUInt64(("+query+"))"); got != uint64(want) {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
	t.Logf("%d sent, %d rows before any merge, hours touched by %d", sent,
		p.count(t, "SELECT count() FROM event"), p.count(t, "SELECT sum(rows) FROM touched_hour"))
}
