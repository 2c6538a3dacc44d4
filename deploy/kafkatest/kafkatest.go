// Package kafkatest runs a real Apache Kafka in tests: one node, broker and
// controller in one (KRaft), on the loopback address and in a temporary folder.
//
// The embedded broker stages faults better; this one shows that Kafka itself
// agrees. It needs Java 17 and, once, Maven, which puts Kafka's archives into
// .cache/kafka at the root of the repository, or UPTAKE_KAFKA_LIBS names a
// folder that has them. Without, a test that asks for it is skipped, with a
// word, and fails where CI is true. What needs several nodes, replicas in sync
// and the election of leaders, it cannot show.
package kafkatest

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

// startTimeout bounds the start of a node on a busy machine.
const startTimeout = 90 * time.Second

// Node is a node that runs, or was killed.
type Node struct {
	libs    string
	dir     string
	addr    string
	process *exec.Cmd
	ended   chan struct{}
	output  *tail
}

// Start runs a node until the test ends. More lines of server.properties may be
// given.
func Start(t testing.TB, properties ...string) *Node {
	t.Helper()
	if testing.Short() {
		t.Skip("real Kafka takes some seconds to start")
	}
	libs, err := libraries(t.Context())
	if err != nil {
		missing(t, err)
	}
	n := &Node{libs: libs, dir: t.TempDir(), output: new(tail)}
	if err := n.format(t.Context(), properties); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Kill)
	n.Restart(t)
	return n
}

// missing skips a test, or fails it where everything has to be there.
func missing(t testing.TB, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("real Kafka is needed here: %v", err)
	}
	t.Skipf("SKIPPED, nothing was shown about real Kafka: %v", err)
}

// Addr returns host:port; it stays over restarts.
func (n *Node) Addr() string { return n.addr }

// Kill ends the node at once, as kill -9 does.
func (n *Node) Kill() {
	if n.process == nil {
		return
	}
	_ = n.process.Process.Kill()
	<-n.ended
	n.process = nil
}

// Suspend stops the node where it is, so that it answers nothing; Resume lets
// it go on.
func (n *Node) Suspend(t testing.TB) { n.signal(t, syscall.SIGSTOP) }

// Resume lets a suspended node go on.
func (n *Node) Resume(t testing.TB) { n.signal(t, syscall.SIGCONT) }

func (n *Node) signal(t testing.TB, signal syscall.Signal) {
	t.Helper()
	if err := n.process.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}

// Restart starts a node that was killed and waits until it answers.
func (n *Node) Restart(t testing.TB) {
	t.Helper()
	n.process = n.java("-Xmx384m", "kafka.Kafka", n.properties())
	if err := n.process.Start(); err != nil {
		t.Fatal(err)
	}
	n.ended = make(chan struct{})
	go func(process *exec.Cmd, ended chan struct{}) {
		_ = process.Wait()
		close(ended)
	}(n.process, n.ended)
	if err := n.await(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, n.output)
	}
}

func (n *Node) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		if n.answers(ctx) {
			return nil
		}
		select {
		case <-n.ended:
			return errors.New("real Kafka ended at its start")
		case <-ctx.Done():
			return errors.New("real Kafka did not answer in time")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (n *Node) answers(ctx context.Context) bool {
	conn, err := (&kafkago.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", n.addr)
	if err != nil {
		return false
	}
	defer conn.Close()
	brokers, err := conn.Brokers()
	return err == nil && len(brokers) == 1
}

func (n *Node) properties() string { return filepath.Join(n.dir, "server.properties") }

// format writes the settings and the empty log.
func (n *Node) format(ctx context.Context, more []string) error {
	ports, err := freePorts(2)
	if err != nil {
		return err
	}
	n.addr = fmt.Sprintf("127.0.0.1:%d", ports[0])
	lines := append([]string{
		"process.roles=broker,controller",
		"node.id=1",
		fmt.Sprintf("controller.quorum.voters=1@127.0.0.1:%d", ports[1]),
		fmt.Sprintf("listeners=PLAINTEXT://%s,CONTROLLER://127.0.0.1:%d", n.addr, ports[1]),
		"advertised.listeners=PLAINTEXT://" + n.addr,
		"controller.listener.names=CONTROLLER",
		"log.dirs=" + filepath.Join(n.dir, "data"),
		"offsets.topic.replication.factor=1",
		"transaction.state.log.replication.factor=1",
		"transaction.state.log.min.isr=1",
		"offsets.topic.num.partitions=4",
		"transaction.state.log.num.partitions=4",
		"group.initial.rebalance.delay.ms=0",
		"auto.create.topics.enable=false",
	}, more...)
	if err := os.WriteFile(n.properties(), []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tool := n.java("-Xmx128m", "kafka.tools.StorageTool", "format", "-t", clusterID(), "-c", n.properties())
	stop := context.AfterFunc(ctx, func() { _ = tool.Process.Kill() })
	defer stop()
	if err := tool.Run(); err != nil {
		return fmt.Errorf("format the log of real Kafka: %w\n%s", err, n.output)
	}
	return nil
}

// java returns a process that does not outlive the test.
func (n *Node) java(args ...string) *exec.Cmd {
	flags := []string{"-cp", filepath.Join(n.libs, "*"), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"}
	process := exec.Command("java", append(flags, args...)...)
	process.Dir, process.Stdout, process.Stderr = n.dir, n.output, n.output
	process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return process
}

// clusterID is 16 random bytes in the form that Kafka wants.
func clusterID() string {
	id := make([]byte, 16)
	_, _ = rand.Read(id)
	id[0] &= 0x7f // no leading hyphen, which would look like a flag
	return base64.RawURLEncoding.EncodeToString(id)
}

// freePorts returns ports that were free a moment ago.
func freePorts(n int) (ports []int, err error) {
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// tail keeps the last lines that a process wrote.
type tail struct {
	mu    sync.Mutex
	bytes []byte
}

const tailBytes = 8 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bytes = append(t.bytes, b...)
	if over := len(t.bytes) - tailBytes; over > 0 {
		t.bytes = t.bytes[over:]
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.bytes)
}
