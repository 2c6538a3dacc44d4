package ingest

import (
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/uptake-telemetry/uptake/deploy/embedded/broker"
)

func (p *place) deps() Deps {
	return Deps{Conn: p.conn, Kafka: p.kafka, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), Registerer: prometheus.NewRegistry()}
}

// failCommits refuses commits that end a block, as a broker does when the
// generation is over.
func failCommits(b *broker.Broker, refused *atomic.Int32, times int32) {
	b.Cluster().ControlKey(int16(kmsg.OffsetCommit), func(req kmsg.Request) (kmsg.Response, error, bool) {
		commit := req.(*kmsg.OffsetCommitRequest)
		announces := commit.Topics[0].Partitions[0].Metadata
		if announces != nil && strings.HasPrefix(*announces, "block until") {
			return nil, nil, false
		}
		b.Cluster().KeepControl()
		if refused.Add(1) == times {
			b.Cluster().DropControl()
		}
		return refuse(commit), nil, true
	})
}

func refuse(commit *kmsg.OffsetCommitRequest) kmsg.Response {
	res := commit.ResponseKind().(*kmsg.OffsetCommitResponse)
	for _, t := range commit.Topics {
		topic := kmsg.NewOffsetCommitResponseTopic()
		topic.Topic, topic.TopicID = t.Topic, t.TopicID
		for _, p := range t.Partitions {
			partition := kmsg.NewOffsetCommitResponseTopicPartition()
			partition.Partition, partition.ErrorCode = p.Partition, int16(kafkago.IllegalGeneration)
			topic.Partitions = append(topic.Partitions, partition)
		}
		res.Topics = append(res.Topics, topic)
	}
	return res
}

// gate passes connections on while it is open and breaks them when it is shut.
type gate struct {
	listener net.Listener
	target   string
	closed   atomic.Bool
	mu       sync.Mutex
	conns    map[net.Conn]struct{}
}

func newGate(t *testing.T, target string) *gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{listener: l, target: target, conns: map[net.Conn]struct{}{}}
	var work sync.WaitGroup
	work.Go(func() { g.accept(&work) })
	t.Cleanup(func() {
		l.Close()
		g.shut()
		work.Wait()
	})
	return g
}

func (g *gate) addr() string { return g.listener.Addr().String() }
func (g *gate) open()        { g.closed.Store(false) }

func (g *gate) shut() {
	g.closed.Store(true)
	g.mu.Lock()
	defer g.mu.Unlock()
	for c := range g.conns {
		c.Close()
	}
	clear(g.conns)
}

func (g *gate) accept(work *sync.WaitGroup) {
	for {
		client, err := g.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", g.target)
		if err != nil {
			client.Close()
			continue
		}
		g.mu.Lock()
		if g.closed.Load() {
			client.Close()
			server.Close()
		}
		g.conns[client], g.conns[server] = struct{}{}, struct{}{}
		g.mu.Unlock()
		for _, pair := range [][2]net.Conn{{client, server}, {server, client}} {
			work.Go(func() {
				io.Copy(pair[0], pair[1])
				pair[0].Close()
			})
		}
	}
}
