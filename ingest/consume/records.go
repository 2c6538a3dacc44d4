package consume

import (
	"errors"
	"io"

	kafkago "github.com/segmentio/kafka-go"
)

// maxKeptBytes is how much room for values a partition keeps from one fetch to
// the next; a rare large batch does not stay in memory.
const maxKeptBytes = 1 << 20

// read copies the values of the records at or after the next offset: a
// compressed batch comes whole, from its first offset on.
func (p *Partition) read(records kafkago.RecordReader) ([]Message, error) {
	if cap(p.values) > maxKeptBytes {
		p.values, p.messages = nil, nil
	}
	p.values, p.messages = p.values[:0], p.messages[:0]
	for {
		record, err := records.ReadRecord()
		if errors.Is(err, io.EOF) {
			return p.messages, nil
		}
		if err != nil {
			return p.messages, err
		}
		if err := p.take(record); err != nil {
			return p.messages, err
		}
	}
}

func (p *Partition) take(record *kafkago.Record) error {
	defer closeRecord(record)
	if record.Offset < p.next {
		return nil
	}
	message := Message{Offset: record.Offset, Time: record.Time}
	if record.Key != nil && record.Key.Len() == KeySize {
		if _, err := io.ReadFull(record.Key, message.Key[:]); err != nil {
			return err
		}
	}
	value, err := p.copyValue(record.Value)
	if err != nil {
		return err
	}
	message.Value = value
	p.messages = append(p.messages, message)
	p.next = record.Offset + 1
	p.consumer.metrics.messages.Inc()
	p.consumer.metrics.bytes.Add(float64(len(value)))
	return nil
}

// copyValue appends to the room of all values. When that grows, the values
// before keep the memory they have.
func (p *Partition) copyValue(value kafkago.Bytes) ([]byte, error) {
	if value == nil {
		return nil, nil
	}
	size, start := value.Len(), len(p.values)
	if cap(p.values)-start < size {
		p.values = make([]byte, 0, max(2*cap(p.values), size, 64<<10))
		start = 0
	}
	p.values = p.values[:start+size]
	_, err := io.ReadFull(value, p.values[start:])
	return p.values[start : start+size : start+size], err
}

func closeRecord(record *kafkago.Record) {
	if record.Key != nil {
		record.Key.Close()
	}
	if record.Value != nil {
		record.Value.Close()
	}
}
