package broker

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

const topic = "uptake.events.v1"

func testConfig(dir string) Config {
	return Config{Dir: dir, Password: "secret", Topics: []string{topic, "uptake.deadletter.v1"}, Partitions: 2}
}

func start(t *testing.T, config Config) *Broker {
	t.Helper()
	b, err := Start(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func clientOf(t *testing.T, b *Broker) *kafkago.Client {
	t.Helper()
	return remoteClient(t, b.config, b.Addr())
}

func produce(t *testing.T, client *kafkago.Client, values ...string) {
	t.Helper()
	for _, value := range values {
		if err := tryProduce(t, client, value); err != nil {
			t.Fatal(err)
		}
	}
}

func tryProduce(t *testing.T, client *kafkago.Client, value string) error {
	res, err := client.Produce(t.Context(), &kafkago.ProduceRequest{
		Topic: topic, RequiredAcks: kafkago.RequireAll,
		Records: kafkago.NewRecordReader(kafkago.Record{Value: kafkago.NewBytes([]byte(value))}),
	})
	return errors.Join(err, resError(res))
}

func resError(res *kafkago.ProduceResponse) error {
	if res == nil {
		return nil
	}
	return res.Error
}

// count returns the number of messages that partition 0 holds.
func count(t *testing.T, client *kafkago.Client) int64 {
	t.Helper()
	res, err := client.ListOffsets(t.Context(), &kafkago.ListOffsetsRequest{
		Topics: map[string][]kafkago.OffsetRequest{topic: {kafkago.LastOffsetOf(0)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return res.Topics[topic][0].LastOffset
}

func TestDataAndOffsetsSurviveACleanStop(t *testing.T) {
	dir := t.TempDir()
	b := start(t, testConfig(dir))
	produce(t, clientOf(t, b), "a", "b", "c")
	commitOffset(t, b, 2)
	b.Close()

	again := start(t, testConfig(dir))
	if got := count(t, clientOf(t, again)); got != 3 {
		t.Errorf("found %d messages after a restart, want 3", got)
	}
	if got := committedOffset(t, again); got != 2 {
		t.Errorf("found offset %d after a restart, want 2", got)
	}
	produce(t, clientOf(t, again), "d")
}

func commitOffset(t *testing.T, b *Broker, offset int64) {
	t.Helper()
	res, err := clientOf(t, b).OffsetCommit(t.Context(), &kafkago.OffsetCommitRequest{
		GroupID: "g", GenerationID: -1,
		Topics: map[string][]kafkago.OffsetCommit{topic: {{Partition: 0, Offset: offset}}},
	})
	if err != nil || res.Topics[topic][0].Error != nil {
		t.Fatal(err, res)
	}
}

func committedOffset(t *testing.T, b *Broker) int64 {
	t.Helper()
	res, err := clientOf(t, b).OffsetFetch(t.Context(), &kafkago.OffsetFetchRequest{
		GroupID: "g", Topics: map[string][]int{topic: {0}},
	})
	if err != nil || res.Error != nil {
		t.Fatal(err, res)
	}
	return res.Topics[topic][0].CommittedOffset
}

func TestAFolderIsUsedByOneBroker(t *testing.T) {
	dir := t.TempDir()
	start(t, testConfig(dir))
	_, err := Start(testConfig(dir))
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Errorf("a second broker got %v, want one that names the process", err)
	}
}

func TestAPortInUseIsNamed(t *testing.T) {
	first := start(t, testConfig(""))
	config := testConfig(t.TempDir())
	fmt.Sscanf(first.Addr(), "127.0.0.1:%d", &config.Port)
	_, err := Start(config)
	if err == nil || !strings.Contains(err.Error(), strconv.Itoa(config.Port)) {
		t.Errorf("got %v, want an error that names the port", err)
	}
	config.Port = 0
	start(t, config)
}

func TestThePasswordOfTheLastStartCounts(t *testing.T) {
	dir := t.TempDir()
	start(t, testConfig(dir)).Close()
	config := testConfig(dir)
	config.Password = "changed"
	b := start(t, config)
	b.config.Password = "secret"
	if _, err := clientOf(t, b).Metadata(t.Context(), &kafkago.MetadataRequest{}); err == nil {
		t.Error("the old password still opens the broker")
	}
	b.config.Password = "changed"
	produce(t, clientOf(t, b), "a")
}

func TestNobodyComesInWithoutALogin(t *testing.T) {
	b := start(t, testConfig(""))
	b.config.NoAuth = true
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := clientOf(t, b).Metadata(ctx, &kafkago.MetadataRequest{}); err == nil {
		t.Error("a client without a log-in was answered")
	}
}

func TestOtherPartitionsAreRefusedByName(t *testing.T) {
	dir := t.TempDir()
	start(t, testConfig(dir)).Close()
	config := testConfig(dir)
	config.Partitions = 3
	_, err := Start(config)
	if err == nil || !strings.Contains(err.Error(), topic) || !strings.Contains(err.Error(), "kafka.partitions to 2") {
		t.Errorf("got %v, want an error that names topic and mend", err)
	}
}

func TestATornTailIsCut(t *testing.T) {
	dir := t.TempDir()
	b := start(t, testConfig(dir))
	produce(t, clientOf(t, b), "a", "b", "c")
	b.Close()
	segment := filepath.Join(dir, "partitions", topic+"-0", "0.dat")
	info, err := os.Stat(segment)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(segment, info.Size()-7); err != nil {
		t.Fatal(err)
	}
	client := clientOf(t, start(t, testConfig(dir)))
	if got := count(t, client); got != 2 {
		t.Errorf("found %d messages, want the 2 whole ones", got)
	}
	produce(t, client, "d")
	if got := count(t, client); got != 3 {
		t.Errorf("found %d messages, want 3", got)
	}
}

// TestAKillLosesNothing kills a broker in a child process at a random moment
// of a stream of messages.
func TestAKillLosesNothing(t *testing.T) {
	if dir := os.Getenv("UPTAKE_TEST_BROKER_DIR"); dir != "" {
		b := start(t, testConfig(dir))
		fmt.Println("listening on", b.Addr())
		select {}
	}
	dir := t.TempDir()
	child, addr := startChild(t, dir)
	client := remoteClient(t, testConfig(dir), addr)
	killed := make(chan struct{})
	acknowledged := int64(0)
	for tryProduce(t, client, "m") == nil {
		if acknowledged++; acknowledged == 50 {
			go func() { child.Process.Kill(); child.Wait(); close(killed) }()
		}
	}
	<-killed
	got := count(t, clientOf(t, start(t, testConfig(dir))))
	if got < acknowledged || got > acknowledged+1 {
		t.Errorf("found %d messages, %d were acknowledged and one was under way", got, acknowledged)
	}
}

func startChild(t *testing.T, dir string) (*exec.Cmd, string) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestAKillLosesNothing$", "-test.v")
	child.Env = append(os.Environ(), "UPTAKE_TEST_BROKER_DIR="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { child.Process.Kill() })
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, addr, ok := strings.Cut(lines.Text(), "listening on "); ok {
			return child, addr
		}
	}
	t.Fatal("the child did not listen")
	return nil, ""
}

func remoteClient(t *testing.T, config Config, addr string) *kafkago.Client {
	t.Helper()
	client, err := config.client(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Transport.(*kafkago.Transport).CloseIdleConnections)
	return client
}
