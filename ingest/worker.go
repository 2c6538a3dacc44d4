package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/uptake-telemetry/uptake/ingest/consume"
	"github.com/uptake-telemetry/uptake/ingest/store"
	"github.com/uptake-telemetry/uptake/schema"
)

// idleWait is how long a fetch of an empty partition stays with the broker.
const idleWait = time.Second

// worker gathers the messages of one partition into blocks and sees each
// through: announce, send its dead letters, store, commit.
type worker struct {
	ingest    *Ingest
	partition *consume.Partition
	block     *store.Block
	event     schema.UsageEvent
	letter    schema.DeadLetter
	letters   []deadLetter
	digest    *xxhash.Digest
	maxBytes  int

	first, last int64
	began       time.Time
	flushed     time.Time
	// erasures are those known when the block began.
	erasures *erasures
}

// handle is the consumer's handler.
func (i *Ingest) handle(ctx context.Context, p *consume.Partition) error {
	w := &worker{ingest: i, partition: p, block: store.NewBlock(), digest: xxhash.New(), maxBytes: i.config.blockBytes(p.Siblings)}
	w.reset()
	for {
		messages, err := p.Fetch(ctx, w.wait())
		if errors.Is(err, consume.ErrStopped) {
			return errors.Join(w.finish(ctx), err)
		}
		if err != nil {
			return err
		}
		if err := w.take(ctx, messages); err != nil {
			return err
		}
		if w.due(len(messages) == 0) {
			if err := w.flush(ctx); err != nil {
				return err
			}
		}
	}
}

// take puts messages into the block and flushes whenever it is full, so that
// Fetch may use the messages' memory again afterwards.
func (w *worker) take(ctx context.Context, messages []consume.Message) error {
	for _, m := range messages {
		w.add(m)
		if !w.full() {
			continue
		}
		if err := w.flush(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (w *worker) add(m consume.Message) {
	if w.empty() {
		w.first, w.began, w.erasures = m.Offset, time.Now(), w.ingest.erased.known.Load()
	}
	w.last = m.Offset
	// Of two logs under one name, such as a topic made anew, blocks may have
	// the same offsets; the digest keeps their tokens apart.
	_, _ = w.digest.Write(m.Value)
	if w.partition.Topic == w.ingest.deps.Kafka.DeadLetterTopic {
		w.addLetter(m)
		return
	}
	if r := w.ingest.decode(&w.event, m.Value); r != nil {
		w.letters = append(w.letters, seal(letter(&w.event, r, w.partition.Topic, w.partition.ID, m)))
		return
	}
	if w.ingest.erased.drops(&w.event) {
		w.ingest.metrics.erased.Inc()
		return
	}
	w.block.Add(&w.event, store.Origin{Partition: w.partition.ID, Offset: m.Offset, Published: m.Time})
}

// addLetter stores a letter under its key, since it may have been sent twice,
// and where it lies, or where the message lies that ingest refused. What is no
// letter becomes one here, since sending it on would never end.
func (w *worker) addLetter(m consume.Message) {
	place := store.Place{Topic: w.partition.Topic, Partition: w.partition.ID, Offset: m.Offset}
	w.letter.Reset()
	if r := decodeSafely("dead letter", func() error { return w.letter.UnmarshalVT(m.Value) }); r != nil {
		w.block.AddLetter(letter(nil, r, place.Topic, place.Partition, m), placeID(place.Topic, place.Partition, place.Offset), place)
		return
	}
	if w.letter.Stage == schema.Stage_STAGE_INGEST && w.letter.Topic != "" {
		place = store.Place{Topic: w.letter.Topic, Partition: int(w.letter.Partition), Offset: w.letter.Offset}
	}
	if t := time.Unix(0, int64(w.letter.ReceivedAtUnixNano)); t.Before(earliest) || !t.Before(latest) {
		w.letter.ReceivedAtUnixNano = uint64(m.Time.UnixNano())
	}
	id := m.Key
	if id == [consume.KeySize]byte{} {
		id = placeID(place.Topic, place.Partition, place.Offset)
	}
	w.block.AddLetter(&w.letter, id, place)
}

func (w *worker) empty() bool { return w.first < 0 }

// full says whether the block must end here: where its predecessor ended it,
// or at one of its bounds.
func (w *worker) full() bool {
	if planned := w.partition.Planned(); planned >= 0 && w.last <= planned {
		return w.last == planned
	}
	return w.block.Rows()+len(w.letters) >= w.ingest.config.BlockRows || w.block.Bytes() >= w.maxBytes || w.block.Months() >= store.MaxMonths
}

// due says whether a block that is not full should go: when it is old, or when
// nothing more waits and the last one left long enough ago.
func (w *worker) due(nothing bool) bool {
	switch {
	case w.empty():
		return false
	case w.partition.Planned() >= 0:
		// Its end is known and will come, unless the log was cut.
		return nothing
	case nothing || w.partition.Behind() == 0:
		return time.Since(w.flushed) >= w.ingest.config.FlushInterval
	default:
		return time.Since(w.began) >= w.ingest.config.FlushInterval
	}
}

// wait is how long the next fetch may take.
func (w *worker) wait() time.Duration {
	if w.empty() {
		return idleWait
	}
	return max(w.ingest.config.FlushInterval-time.Since(w.flushed), time.Millisecond)
}

// finish stores what was gathered, unless it is a part of an announced block.
func (w *worker) finish(ctx context.Context) error {
	if w.partition.Planned() >= 0 {
		return nil
	}
	return w.flush(ctx)
}

// flush sees the block through. It may end anywhere: what is not committed
// comes again.
func (w *worker) flush(ctx context.Context) error {
	if w.empty() {
		return nil
	}
	if w.erasures != w.ingest.erased.known.Load() {
		return errErasedMeanwhile
	}
	if w.partition.Planned() != w.last {
		if err := w.partition.Plan(ctx, w.last); err != nil {
			return err
		}
	}
	if err := w.ingest.sendLetters(ctx, w.letters); err != nil {
		return err
	}
	if err := w.ingest.store.Write(ctx, w.block, w.token()); err != nil {
		return err
	}
	if err := w.partition.Commit(ctx, w.last); err != nil {
		return err
	}
	w.ingest.metrics.rows.Observe(float64(w.block.Rows() + len(w.letters)))
	w.reset()
	return nil
}

func (w *worker) token() string {
	return fmt.Sprintf("%s:%d:%d-%d:%016x", w.partition.Topic, w.partition.ID, w.first, w.last, w.digest.Sum64())
}

func (w *worker) reset() {
	w.block.Reset()
	w.letters = nil
	w.digest.Reset()
	w.first, w.last = -1, -1
	w.flushed = time.Now()
}
