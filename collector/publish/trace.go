package publish

import (
	"context"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// delivery notes the sending of one batch for its trace; a nil one notes
// nothing. A batch is gone for reuse when the sending is over, so all that the
// span tells of it is noted at the beginning.
type delivery struct {
	tracer         trace.Tracer
	begun          time.Time
	topic          string
	partition      int
	records, bytes int
	tries          int
	last           failure
}

func (p *Publisher) newDelivery(l *lane, b *batch) *delivery {
	if p.tracer == nil {
		return nil
	}
	return &delivery{
		tracer: p.tracer, begun: time.Now(), topic: l.topic, partition: l.partition, records: b.count, bytes: len(b.wire),
	}
}

// tried notes how a request ended.
func (d *delivery) tried(kind failure) {
	if d != nil {
		d.tries++
		d.last = kind
	}
}

// outcome says what became of the batch: stored, to be cut because it is too
// large, or left to the spool or another partition.
func (d *delivery) outcome() string {
	switch {
	case d.tries > 0 && d.last == stored:
		return "stored"
	case d.last == tooLarge:
		return "too_large"
	default:
		return "left"
	}
}

// end makes the span.
func (d *delivery) end() {
	if d == nil {
		return
	}
	_, span := d.tracer.Start(context.Background(), "send "+d.topic, trace.WithTimestamp(d.begun), trace.WithSpanKind(trace.SpanKindProducer))
	if !span.IsRecording() {
		return
	}
	outcome := d.outcome()
	span.SetAttributes(
		semconv.MessagingSystemKafka, semconv.MessagingOperationTypeSend, semconv.MessagingOperationName("send"),
		semconv.MessagingDestinationName(d.topic), semconv.MessagingDestinationPartitionID(strconv.Itoa(d.partition)),
		semconv.MessagingBatchMessageCount(d.records),
		attribute.Int("uptake.batch.bytes", d.bytes), attribute.Int("uptake.batch.tries", d.tries), attribute.String("uptake.batch.outcome", outcome),
	)
	if d.last != stored {
		span.SetAttributes(semconv.ErrorTypeKey.String(string(d.last)))
		span.SetStatus(codes.Error, "")
	}
	span.End()
}
