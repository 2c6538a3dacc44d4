package schema

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
)

// The topics, with the version of what is on them.
const (
	EventTopic      = "uptake.events.v1"
	DeadLetterTopic = "uptake.deadletter.v1"
)

// Types of the CloudEvents on the topics.
const (
	EventType      = "uptake.usage.v1"
	DeadLetterType = "uptake.deadletter.v1"
)

// MessageKind says on which topic a message belongs.
type MessageKind byte

// The kinds of messages.
const (
	EventMessage      MessageKind = 1
	DeadLetterMessage MessageKind = 2
)

// Message is one Kafka message before it has a partition: what the collector
// puts into its spool and the publisher sends.
type Message struct {
	Kind MessageKind
	// Key is the person, else the device, else the id: what keeps one person's
	// events in order.
	Key []byte
	ID  [EventIDSize]byte
	// Value is a UsageEvent or a DeadLetter in protobuf.
	Value []byte
}

// ErrMessage says that bytes are no encoded message.
var ErrMessage = errors.New("not an encoded message")

// EventKey returns the message key of an event.
func EventKey(e *UsageEvent) []byte {
	switch {
	case len(e.Person) > 0:
		return e.Person
	case len(e.Device) > 0:
		return e.Device
	default:
		return e.EventId
	}
}

// AppendEvent appends the encoded message of an event to dst.
func AppendEvent(dst []byte, e *UsageEvent) []byte {
	dst = appendHead(dst, EventMessage, EventKey(e), e.EventId)
	size := e.SizeVT()
	start := len(dst)
	dst = append(dst, make([]byte, size)...)
	if _, err := e.MarshalToSizedBufferVT(dst[start:]); err != nil {
		panic("schema: the size of an event changed while it was encoded: " + err.Error())
	}
	return dst
}

// AppendDeadLetter appends the encoded message of a dead letter to dst. Its key
// is the id of the letter, so that letters spread over the partitions.
func AppendDeadLetter(dst []byte, letter *DeadLetter, id [EventIDSize]byte) []byte {
	dst = appendHead(dst, DeadLetterMessage, id[:], id[:])
	size := letter.SizeVT()
	start := len(dst)
	dst = append(dst, make([]byte, size)...)
	if _, err := letter.MarshalToSizedBufferVT(dst[start:]); err != nil {
		panic("schema: the size of a dead letter changed while it was encoded: " + err.Error())
	}
	return dst
}

func appendHead(dst []byte, kind MessageKind, key, id []byte) []byte {
	var fixed [EventIDSize]byte
	copy(fixed[:], id)
	dst = append(dst, byte(kind), byte(len(key)))
	dst = append(dst, key...)
	return append(dst, fixed[:]...)
}

// DecodeMessage reads an encoded message; the result shares its memory.
func DecodeMessage(b []byte) (Message, error) {
	if len(b) < 2 {
		return Message{}, ErrMessage
	}
	kind, keyLen := MessageKind(b[0]), int(b[1])
	b = b[2:]
	if (kind != EventMessage && kind != DeadLetterMessage) || len(b) < keyLen+EventIDSize {
		return Message{}, ErrMessage
	}
	m := Message{Kind: kind, Key: b[:keyLen:keyLen], Value: b[keyLen+EventIDSize:]}
	copy(m.ID[:], b[keyLen:])
	return m, nil
}

// Header of a Kafka message.
type Header struct {
	Key   string
	Value []byte
}

// Headers returns the CloudEvents headers of the message, in binary content mode
// of the Kafka protocol binding.
func (m *Message) Headers() []Header {
	return []Header{
		{"ce_specversion", []byte("1.0")},
		{"ce_type", []byte(m.cloudEventType())},
		{"ce_source", []byte("/uptake/collector")},
		{"ce_id", []byte(hex.EncodeToString(m.ID[:]))},
		{"content-type", []byte("application/protobuf")},
	}
}

func (m *Message) cloudEventType() string {
	if m.Kind == DeadLetterMessage {
		return DeadLetterType
	}
	return EventType
}

// AppendHeaders appends the message's headers as they stand in a record of a
// Kafka record batch of version 2: their number, then each key and value with
// its length, all lengths as zigzag varints.
func (m *Message) AppendHeaders(dst []byte) []byte {
	if m.Kind == DeadLetterMessage {
		dst = append(dst, deadLetterHeaders...)
	} else {
		dst = append(dst, eventHeaders...)
	}
	dst = appendHeaderBytes(dst, "ce_id")
	dst = binary.AppendVarint(dst, 2*EventIDSize)
	return hex.AppendEncode(dst, m.ID[:])
}

// The headers that are the same for every message of a kind, encoded once,
// with room for the id that follows.
var (
	eventHeaders      = fixedHeaders(EventMessage)
	deadLetterHeaders = fixedHeaders(DeadLetterMessage)
)

func fixedHeaders(kind MessageKind) []byte {
	m := Message{Kind: kind}
	headers := m.Headers()
	dst := binary.AppendVarint(nil, int64(len(headers)))
	for _, h := range headers {
		if h.Key == "ce_id" {
			continue
		}
		dst = appendHeaderBytes(dst, h.Key)
		dst = appendHeaderBytes(dst, string(h.Value))
	}
	return dst
}

func appendHeaderBytes(dst []byte, s string) []byte {
	dst = binary.AppendVarint(dst, int64(len(s)))
	return append(dst, s...)
}
