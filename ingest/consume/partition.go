package consume

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/uptake-telemetry/uptake/schema/kafka"
)

// ErrStopped is what Fetch returns when the process is to stop: finish what is
// under way, commit it and return.
var ErrStopped = errors.New("consumer stopped")

// errGap says that the next offset is not in the log any more, or not yet.
var errGap = errors.New("offset out of range")

// requestTimeout bounds every request beyond the time it is meant to wait.
const requestTimeout = 5 * time.Second

// Partition is one partition held by this member for one generation. It is
// for one goroutine.
type Partition struct {
	Topic string
	ID    int
	// Siblings is how many partitions of the topic this member holds, this one
	// included: by this its handler shares what is bounded for all.
	Siblings int

	consumer   *Consumer
	generation *kafkago.Generation
	stop       context.Context

	committed  int64
	planned    int64
	next       int64
	end        int64
	errorPause time.Duration
	values     []byte
	messages   []Message
}

// Message is one message. Its value belongs to the partition and is good until
// the next Fetch.
type Message struct {
	Offset int64
	Time   time.Time
	// Key is the message's, zero where that has another length.
	Key   [KeySize]byte
	Value []byte
}

// KeySize is the length of the keys that are read.
const KeySize = 16

func (c *Consumer) newPartition(stop context.Context, generation *kafkago.Generation, topic string, a kafkago.PartitionAssignment) *Partition {
	return &Partition{Topic: topic, ID: a.ID, consumer: c, generation: generation, stop: stop, committed: a.Offset, planned: -1}
}

func (p *Partition) topicPartition() topicPartition { return topicPartition{p.Topic, p.ID} }

// Planned returns the last offset of the block that begins at the last commit
// and was announced there but not committed, -1 when there is none.
func (p *Partition) Planned() int64 { return p.planned }

// Behind is the number of messages that wait in Kafka beyond what was fetched.
func (p *Partition) Behind() int64 { return max(p.end-p.next, 0) }

// Fetch returns the next messages, or none when there are none within wait or
// Kafka cannot be asked. Its error is ErrStopped or that of ctx.
func (p *Partition) Fetch(ctx context.Context, wait time.Duration) ([]Message, error) {
	if p.stop.Err() != nil {
		return nil, ErrStopped
	}
	messages, err := p.fetch(ctx, wait)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case p.stop.Err() != nil:
		return nil, ErrStopped
	case errors.Is(err, errGap):
		err = p.leap(ctx)
	}
	p.settle(ctx, err, wait)
	return messages, nil
}

// settle keeps the reason of a failure for Ready and pauses, longer each time
// but never beyond the caller's wait.
func (p *Partition) settle(ctx context.Context, err error, atMost time.Duration) {
	if err == nil {
		if p.errorPause > 0 {
			p.errorPause = 0
			p.consumer.state.set(nil)
		}
		return
	}
	p.consumer.metrics.errors.WithLabelValues("fetch").Inc()
	p.consumer.report(fmt.Errorf("read topic %s partition %d: %w", p.Topic, p.ID, err))
	if layoutChanged(err) {
		kafka.CloseClient(p.consumer.client)
	}
	p.errorPause = min(max(2*p.errorPause, 50*time.Millisecond), time.Second)
	wait(ctx, min(p.errorPause, atMost))
}

// layoutChanged says whether the client's idea of who leads what is old. A
// client whose connections are closed asks again.
func layoutChanged(err error) bool {
	return errors.Is(err, kafkago.NotLeaderForPartition) || errors.Is(err, kafkago.LeaderNotAvailable) ||
		errors.Is(err, kafkago.UnknownTopicOrPartition)
}

func (p *Partition) fetch(ctx context.Context, wait time.Duration) ([]Message, error) {
	ctx, cancel := context.WithTimeout(ctx, wait+requestTimeout)
	defer cancel()
	defer context.AfterFunc(p.stop, cancel)()
	began := time.Now()
	res, err := p.consumer.client.Fetch(ctx, &kafkago.FetchRequest{
		Topic: p.Topic, Partition: p.ID, Offset: p.next,
		MinBytes: 1, MaxBytes: p.consumer.config.fetchBytes(p.Siblings), MaxWait: max(wait, time.Millisecond),
	})
	if err != nil {
		return nil, err
	}
	messages, err := p.read(res.Records)
	switch {
	case errors.Is(res.Error, kafkago.OffsetOutOfRange):
		return nil, errGap
	case res.Error != nil:
		return nil, res.Error
	case err != nil && len(messages) == 0:
		return nil, err
	}
	p.end = res.HighWatermark
	p.reportLag()
	if len(messages) == 0 && p.next < p.end {
		// Nothing but records without content, such as the marks of
		// transactions: do not ask for them in a tight loop.
		pauseUntil(ctx, began.Add(wait))
	}
	return messages, nil
}

func (p *Partition) reportLag() {
	p.consumer.metrics.lag.set(p.topicPartition(), p.end-max(p.committed, 0))
}

func pauseUntil(ctx context.Context, t time.Time) { wait(ctx, time.Until(t)) }

// leap moves to the oldest message that is there. What lies between was removed
// by retention, or the topic was made anew: both must not pass unnoticed.
func (p *Partition) leap(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	first, err := p.firstOffset(ctx)
	if err != nil {
		return err
	}
	missed := max(first-p.next, 0)
	p.consumer.metrics.skipped.Add(float64(missed))
	p.consumer.logger.Error("the next offset is not in the topic; going on with the oldest message there is",
		"topic", p.Topic, "partition", p.ID, "offset", p.next, "oldest", first, "missed", missed)
	p.next, p.planned = first, -1
	return nil
}

func (p *Partition) firstOffset(ctx context.Context) (int64, error) {
	res, err := p.consumer.client.ListOffsets(ctx, &kafkago.ListOffsetsRequest{
		Topics: map[string][]kafkago.OffsetRequest{p.Topic: {kafkago.FirstOffsetOf(p.ID)}}})
	if err != nil {
		return 0, fmt.Errorf("list offsets: %w", err)
	}
	for _, o := range res.Topics[p.Topic] {
		if o.Partition == p.ID {
			return o.FirstOffset, o.Error
		}
	}
	return 0, errors.New("list offsets: no answer for the partition")
}

// planPrefix begins the metadata of an offset at which a block was announced.
const planPrefix = "block until "

// Plan announces that the messages from the last commit to last are about to be
// stored as one block. Whoever comes after a crash finds it and can repeat the
// same block.
func (p *Partition) Plan(ctx context.Context, last int64) error {
	first := max(p.committed, 0)
	return p.commit(ctx, kafkago.OffsetCommit{Partition: p.ID, Offset: first, Metadata: planPrefix + strconv.FormatInt(last, 10)})
}

// Commit says that all up to last is stored.
func (p *Partition) Commit(ctx context.Context, last int64) error {
	if err := p.commit(ctx, kafkago.OffsetCommit{Partition: p.ID, Offset: last + 1}); err != nil {
		return err
	}
	p.committed, p.planned = last+1, -1
	p.reportLag()
	return nil
}

func (p *Partition) commit(ctx context.Context, offset kafkago.OffsetCommit) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	res, err := p.consumer.client.OffsetCommit(ctx, &kafkago.OffsetCommitRequest{
		GroupID: p.generation.GroupID, GenerationID: int(p.generation.ID), MemberID: p.generation.MemberID,
		Topics: map[string][]kafkago.OffsetCommit{p.Topic: {offset}},
	})
	if err == nil {
		err = partitionError(res.Topics[p.Topic])
	}
	if err != nil {
		p.consumer.metrics.errors.WithLabelValues("commit").Inc()
		return fmt.Errorf("commit offset %d: %w", offset.Offset, err)
	}
	return nil
}

func partitionError(partitions []kafkago.OffsetCommitPartition) error {
	if len(partitions) != 1 {
		return errors.New("no answer for the partition")
	}
	return partitions[0].Error
}

// rewind goes to the last commit, as the group knows it.
func (p *Partition) rewind(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	res, err := p.consumer.client.OffsetFetch(ctx, &kafkago.OffsetFetchRequest{
		GroupID: p.generation.GroupID, Topics: map[string][]int{p.Topic: {p.ID}}})
	if err == nil {
		err = res.Error
	}
	if err != nil {
		return fmt.Errorf("read the committed offset: %w", err)
	}
	for _, o := range res.Topics[p.Topic] {
		if o.Partition == p.ID && o.Error != nil {
			return fmt.Errorf("read the committed offset: %w", o.Error)
		}
		if o.Partition == p.ID {
			return p.beginAt(ctx, o)
		}
	}
	return errors.New("read the committed offset: no answer for the partition")
}

// beginAt resolves a partition without a commit to its first offset at once:
// blocks are named by offsets.
func (p *Partition) beginAt(ctx context.Context, o kafkago.OffsetFetchPartition) error {
	if o.CommittedOffset < 0 {
		first, err := p.firstOffset(ctx)
		if err != nil {
			return err
		}
		o = kafkago.OffsetFetchPartition{CommittedOffset: first}
	}
	p.committed, p.next, p.planned = o.CommittedOffset, o.CommittedOffset, -1
	if plan, found := strings.CutPrefix(o.Metadata, planPrefix); found {
		if last, err := strconv.ParseInt(plan, 10, 64); err == nil {
			p.planned = last
		}
	}
	return nil
}
