package publish

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/uptake-telemetry/uptake/deploy/embedded/broker"
	"github.com/uptake-telemetry/uptake/schema"
)

func TestEventsArriveOnceAndInOrder(t *testing.T) {
	for _, compression := range []string{Zstd, LZ4, None} {
		t.Run(compression, func(t *testing.T) {
			p := newPlace(t, nil)
			p.settings.Compression = compression
			publisher, stop := p.publish(t)
			for _, e := range events(20, 100, 100) {
				p.queue.append(e)
			}
			p.settled(t)
			if err := publisher.Ready(); err != nil {
				t.Errorf("not ready: %v", err)
			}
			if n := p.value(t, "events_published_total", ""); n != 2000 {
				t.Errorf("%v events are counted", n)
			}
			if n := p.value(t, "publish_in_flight_bytes", ""); n != 0 {
				t.Errorf("%v bytes are in flight", n)
			}
			stop()
			p.once(t, 20, 100)
		})
	}
}

func TestMessagesCarryTheirHeaders(t *testing.T) {
	p := newPlace(t, nil)
	p.publish(t)
	p.queue.append(event(1, 2, 0))
	id := [schema.EventIDSize]byte{1, 2}
	p.queue.append(schema.AppendDeadLetter(nil, &schema.DeadLetter{Code: "bad_time"}, id))
	p.settled(t)
	on := p.topic(t, p.kafka.Topic)
	if len(on) != 1 || on[0].headers["ce_type"] != schema.EventType || on[0].headers["content-type"] != "application/protobuf" ||
		on[0].headers["ce_id"] != "00000000000000010000000000000002" {
		t.Errorf("the event is %+v", on)
	}
	dead := p.topic(t, p.kafka.DeadLetterTopic)
	if len(dead) != 1 || dead[0].headers["ce_type"] != schema.DeadLetterType || dead[0].headers["ce_id"] != hex.EncodeToString(id[:]) {
		t.Errorf("the dead letter is %+v", dead)
	}
	if p.value(t, "events_published_total", "") != 1 || p.value(t, "dead_letters_published_total", "") != 1 {
		t.Error("one event and one dead letter are not counted so")
	}
}

func produceFault(err *kerr.Error, count int) kfake.Fault {
	return kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: err, Count: count}
}

// TestFaultsOfTheBroker lets requests fail in all ways in which nothing may be
// lost, doubled or turned round.
func TestFaultsOfTheBroker(t *testing.T) {
	for name, c := range map[string]struct {
		err    *kerr.Error
		reason failure
	}{
		"an answer that is lost after the batch was stored": {kerr.RequestTimedOut, timedOut},
		"stored by too few replicas":                        {kerr.NotEnoughReplicasAfterAppend, unavailable},
		"a leader that moved":                               {kerr.NotLeaderForPartition, noLeader},
		"no leader":                                         {kerr.LeaderNotAvailable, noLeader},
		"a topic that is unknown for a moment":              {kerr.UnknownTopicOrPartition, noTopic},
		"an overloaded broker":                              {kerr.ThrottlingQuotaExceeded, unavailable},
		"a right that is missing for a moment":              {kerr.TopicAuthorizationFailed, denied},
		"an error nobody expects":                           {kerr.InvalidTimestamp, other},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, nil)
			p.broker.Cluster().Fault(produceFault(c.err, 5))
			_, stop := p.publish(t)
			for _, e := range events(10, 30, 100) {
				p.queue.append(e)
			}
			p.settled(t)
			if n := p.value(t, "publish_retries_total", string(c.reason)); n != 5 {
				t.Errorf("%v retries are counted, want 5", n)
			}
			if n := p.value(t, "publish_sessions_total", ""); n != 1 {
				t.Errorf("%v producer sessions, want 1", n)
			}
			stop()
			p.once(t, 10, 30)
		})
	}
}

func TestALostSessionIsBegunAnew(t *testing.T) {
	for name, err := range map[string]*kerr.Error{
		"a gap in the sequence":     kerr.OutOfOrderSequenceNumber,
		"a forgotten producer":      kerr.UnknownProducerID,
		"an epoch that is over":     kerr.InvalidProducerEpoch,
		"a producer that is fenced": kerr.ProducerFenced,
		"a broker that failed":      kerr.UnknownServerError,
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, nil)
			_, stop := p.publish(t)
			p.queue.append(events(10, 10, 100)...)
			p.settled(t)
			p.broker.Cluster().Fault(produceFault(err, 1))
			for number := 10; number < 30; number++ {
				for person := range 10 {
					p.queue.append(event(person, number, 100))
				}
			}
			p.settled(t)
			if n := p.value(t, "publish_sessions_total", ""); n != 2 {
				t.Errorf("%v producer sessions, want a second one", n)
			}
			if p.value(t, "publish_resent_total", "") == 0 {
				t.Error("what was sent again is not counted")
			}
			stop()
			p.once(t, 10, 30)
		})
	}
}

func TestTheCoordinatorMayStillBeLoading(t *testing.T) {
	p := newPlace(t, nil)
	p.broker.Cluster().Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.InitProducerID}, TopLevel: true, Err: kerr.CoordinatorLoadInProgress, Count: 3})
	p.publish(t)
	p.queue.append(event(1, 0, 10))
	p.settled(t)
	if p.value(t, "publish_retries_total", string(unavailable)) != 3 {
		t.Error("the waiting for the coordinator is not counted")
	}
}

func TestABrokerThatIsAwayAndComesBack(t *testing.T) {
	dir := t.TempDir()
	p := newPlace(t, func(c *broker.Config) { c.Dir = dir })
	publisher, stop := p.publish(t)
	p.queue.append(events(10, 10, 100)...)
	p.settled(t)
	p.broker.Close()
	for number := 10; number < 20; number++ {
		for person := range 10 {
			p.queue.append(event(person, number, 100))
		}
	}
	until(t, "it says that Kafka is away", func() bool { return publisher.Ready() != nil })
	if err := publisher.Ready(); !strings.Contains(err.Error(), "waiting for Kafka at 127.0.0.1:") {
		t.Errorf("readiness says %v", err)
	}
	back := time.Now().Truncate(time.Millisecond)
	p.start(t)
	p.settled(t)
	until(t, "it is ready again", func() bool { return publisher.Ready() == nil })
	stop()
	p.once(t, 10, 20)
	late := 0
	for _, m := range p.topic(t, p.kafka.Topic) {
		if !m.time.Before(back) {
			late++
		}
	}
	if late != 100 {
		t.Errorf("%d messages say that they were sent after the broker came back, want 100", late)
	}
}

func TestKafkaMayBeAwayAtTheStart(t *testing.T) {
	dir := t.TempDir()
	p := newPlace(t, func(c *broker.Config) { c.Dir = dir })
	p.broker.Close()
	publisher, stop := p.publish(t)
	p.queue.append(events(5, 5, 100)...)
	until(t, "it has tried", func() bool { return strings.Contains(publisher.Ready().Error(), "refused") })
	p.start(t)
	p.settled(t)
	stop()
	p.once(t, 5, 5)
}

func TestABrokerThatNeverAnswersIsLeft(t *testing.T) {
	p := newPlace(t, nil)
	p.settings.RequestTimeout = minRequestTimeout
	p.broker.Cluster().ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		return nil, nil, true // taken, and never answered
	})
	_, stop := p.publish(t)
	p.queue.append(events(3, 3, 10)...)
	p.settled(t)
	if n := p.value(t, "publish_retries_total", string(timedOut)); n != 1 {
		t.Errorf("%v time-outs are counted, want 1", n)
	}
	stop()
	p.once(t, 3, 3)
}

func TestMemoryIsBoundedWhileTheBrokerSleeps(t *testing.T) {
	p := newPlace(t, nil)
	p.settings.InFlightBytes, p.settings.BatchBytes = 128<<10, 32<<10
	wake := make(chan struct{})
	p.broker.Cluster().ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		p.broker.Cluster().SleepControl(func() { <-wake })
		return nil, nil, false
	})
	publisher, stop := p.publish(t)
	p.queue.append(events(50, 200, 300)...) // some 4 MB
	until(t, "the room is full", func() bool { return publisher.inFlight.Load() >= 128<<10 })
	if n := publisher.inFlight.Load(); n > 128<<10+2*readBytes {
		t.Errorf("%d bytes are in flight", n)
	}
	close(wake)
	p.settled(t)
	stop()
	p.once(t, 50, 200)
}

func TestBatchesTooLargeForTheBrokerAreSplit(t *testing.T) {
	p := newPlace(t, func(c *broker.Config) { c.MaxMessageBytes = 20 << 10 })
	p.settings.Compression = None
	_, stop := p.publish(t)
	p.queue.append(events(10, 200, 200)...)
	p.settled(t)
	if p.value(t, "publish_retries_total", string(tooLarge)) == 0 {
		t.Error("no batch was too large; the test shows nothing")
	}
	stop()
	p.once(t, 10, 200)
}

func TestAMessageTooLargeBecomesADeadLetter(t *testing.T) {
	p := newPlace(t, func(c *broker.Config) { c.MaxMessageBytes = 20 << 10 })
	p.settings.Compression = None
	_, stop := p.publish(t)
	p.queue.append(events(10, 10, 100)...)
	p.queue.append(event(77, 5, 40<<10), []byte("rubbish"))
	for number := 10; number < 20; number++ {
		for person := range 10 {
			p.queue.append(event(person, number, 100))
		}
	}
	p.settled(t)
	stop()
	p.once(t, 10, 20)
	codes := map[string]*schema.DeadLetter{}
	for _, m := range p.topic(t, p.kafka.DeadLetterTopic) {
		letter := new(schema.DeadLetter)
		if err := letter.UnmarshalVT(m.value); err != nil {
			t.Fatal(err)
		}
		codes[letter.Code] = letter
	}
	large := codes[string(schema.CodeTooLong)]
	if len(codes) != 2 || large == nil || codes[string(schema.CodeUndecodable)] == nil {
		t.Fatalf("the dead letters are %v", codes)
	}
	if large.Tool != "claude-code" || hex.EncodeToString(large.EventId) != "000000000000004d0000000000000005" {
		t.Errorf("the dead letter does not say what it was: %v", large)
	}
}

func TestPartitionsThatAreAddedAreUsed(t *testing.T) {
	p := newPlace(t, nil)
	_, stop := p.publish(t)
	p.queue.append(events(10, 10, 100)...)
	p.settled(t)
	res, err := p.client.CreatePartitions(t.Context(), &kafkago.CreatePartitionsRequest{
		Topics: []kafkago.TopicPartitionsConfig{{Name: p.kafka.Topic, Count: 8}},
	})
	if err != nil || res.Errors[p.kafka.Topic] != nil {
		t.Fatal(err, res)
	}
	p.config.Partitions = 8
	number := 10
	until(t, "the new partitions have messages", func() bool {
		for person := range 20 {
			p.queue.append(event(person, number, 100))
		}
		number++
		p.settled(t)
		used := map[int]bool{}
		for _, m := range p.topic(t, p.kafka.Topic) {
			used[m.partition] = true
		}
		return len(used) == 8
	})
	stop()
	p.atLeastOnce(t, 10*10+20*(number-10))
}

func TestATopicThatIsMissingIsMadeOrNamed(t *testing.T) {
	without := func(c *broker.Config) { c.Topics = nil }
	t.Run("made", func(t *testing.T) {
		p := newPlace(t, without)
		p.kafka.Partitions = 3
		_, stop := p.publish(t)
		p.queue.append(events(10, 10, 100)...)
		p.settled(t)
		stop()
		p.once(t, 10, 10)
	})
	t.Run("named", func(t *testing.T) {
		p := newPlace(t, without)
		p.kafka.CreateTopics = false
		publisher, _ := p.publish(t)
		until(t, "the topic is named", func() bool { return strings.Contains(publisher.Ready().Error(), "topic "+p.kafka.Topic) })
	})
}

func TestATopicThatIsMadeAnewWithFewerPartitions(t *testing.T) {
	p := newPlace(t, func(c *broker.Config) { c.Partitions = 6 })
	p.kafka.Partitions = 2
	publisher, stop := p.publish(t)
	_ = publisher
	// The number differs from the settings, so nothing is sent.
	p.queue.append(events(10, 10, 100)...)
	until(t, "the numbers are compared", func() bool { return strings.Contains(publisher.Ready().Error(), "has 6 partitions") })
	p.kafka.Partitions = 0
	stop()

	_, stop = p.publish(t)
	p.settled(t)
	for _, topic := range []string{p.kafka.Topic} {
		if _, err := p.client.DeleteTopics(t.Context(), &kafkago.DeleteTopicsRequest{Topics: []string{topic}}); err != nil {
			t.Fatal(err)
		}
	}
	p.config.Partitions = 4
	p.queue.append(events(10, 10, 100)...)
	p.settled(t)
	stop()
	p.atLeastOnce(t, 100)
}

func TestAStopInTheMiddleLosesNothing(t *testing.T) {
	p := newPlace(t, nil)
	all := events(20, 200, 200)
	for i := 0; i < len(all); {
		_, stop := p.publish(t)
		p.queue.append(all[i:min(len(all), i+500)]...)
		i += 500
		until(t, "some is sent", func() bool { return p.value(t, "publish_batches_total", "") > 0 })
		stop()
		p.queue.restart()
	}
	_, stop := p.publish(t)
	p.settled(t)
	stop()
	p.atLeastOnce(t, len(all))
}

func TestAStopWaitsForWhatIsUnderWay(t *testing.T) {
	p := newPlace(t, nil)
	p.settings.DrainTimeout = DefaultConfig().DrainTimeout
	_, stop := p.publish(t)
	seen := make(chan struct{})
	release := make(chan struct{})
	p.broker.Cluster().ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		close(seen)
		p.broker.Cluster().SleepControl(func() { <-release })
		return nil, nil, false
	})
	p.queue.append(event(1, 0, 100))
	<-seen
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	close(release)
	<-stopped
	if n := p.queue.waiting(); n != 0 {
		t.Errorf("%d entries are not settled after a drain", n)
	}
	p.once(t, 1, 1)
}

func TestNewNamesAWrongSetting(t *testing.T) {
	wrong := DefaultConfig()
	wrong.Compression = "brotli"
	if _, err := New(wrong, Deps{Source: newQueue()}); err == nil || !strings.Contains(err.Error(), "compression") {
		t.Errorf("got %v", err)
	}
	p := newPlace(t, nil)
	p.kafka.Brokers = nil
	if _, err := New(DefaultConfig(), Deps{Source: newQueue(), Kafka: p.kafka}); err == nil || !strings.Contains(err.Error(), "brokers") {
		t.Errorf("got %v", err)
	}
}
