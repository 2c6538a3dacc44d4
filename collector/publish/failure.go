package publish

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

// failure is what an answer means for the batch; it is also the label under
// which it is counted.
type failure string

const (
	stored      failure = ""
	tooLarge    failure = "too_large"
	lostSession failure = "session"
	noLeader    failure = "leader"
	noTopic     failure = "topic"
	timedOut    failure = "timeout"
	unavailable failure = "unavailable" // the broker asks for another try
	network     failure = "network"
	denied      failure = "denied"
	other       failure = "other"
)

var failures = []failure{tooLarge, lostSession, noLeader, noTopic, timedOut, unavailable, network, denied, other}

// unknownProducerID has no name in kafka-go.
const unknownProducerID = kafkago.Error(59)

var failureOf = map[kafkago.Error]failure{
	kafkago.DuplicateSequenceNumber: stored,

	kafkago.MessageSizeTooLarge: tooLarge,
	kafkago.RecordListTooLarge:  tooLarge,

	kafkago.OutOfOrderSequenceNumber: lostSession,
	kafkago.InvalidProducerEpoch:     lostSession,
	kafkago.InvalidProducerIDMapping: lostSession,
	kafkago.ProducerFenced:           lostSession,
	unknownProducerID:                lostSession,
	// The broker failed in the middle of its work: the embedded one has then
	// counted the sequence and would take the repeat for stored.
	kafkago.Unknown: lostSession,

	kafkago.NotLeaderForPartition: noLeader,
	kafkago.LeaderNotAvailable:    noLeader,
	kafkago.ReplicaNotAvailable:   noLeader,
	kafkago.BrokerNotAvailable:    noLeader,
	kafkago.FencedLeaderEpoch:     noLeader,
	kafkago.UnknownLeaderEpoch:    noLeader,

	kafkago.UnknownTopicOrPartition: noTopic,
	kafkago.UnknownTopicID:          noTopic,

	kafkago.RequestTimedOut:              timedOut,
	kafkago.NotEnoughReplicas:            unavailable,
	kafkago.NotEnoughReplicasAfterAppend: unavailable,
	kafkago.GroupLoadInProgress:          unavailable,
	kafkago.GroupCoordinatorNotAvailable: unavailable,
	kafkago.NotCoordinatorForGroup:       unavailable,
	kafkago.KafkaStorageError:            unavailable,
	kafkago.ThrottlingQuotaExceeded:      unavailable,
	kafkago.NetworkException:             network,

	kafkago.TopicAuthorizationFailed:           denied,
	kafkago.ClusterAuthorizationFailed:         denied,
	kafkago.TransactionalIDAuthorizationFailed: denied,
	kafkago.SASLAuthenticationFailed:           denied,
	kafkago.UnsupportedSASLMechanism:           denied,
	kafkago.IllegalSASLState:                   denied,
}

// classify says what an error means. No kind of it ends the sending of a batch,
// since what is not stored must be tried again.
func classify(err error) failure {
	var code kafkago.Error
	var timeout net.Error
	switch {
	case err == nil:
		return stored
	case errors.As(err, &code):
		if known, ok := failureOf[code]; ok {
			return known
		}
		return other
	case errors.Is(err, protocol.ErrNoLeader):
		return noLeader
	case errors.Is(err, protocol.ErrNoTopic), errors.Is(err, protocol.ErrNoPartition):
		return noTopic
	case isCertificate(err):
		return denied
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return timedOut
	default:
		return network
	}
}

func isCertificate(err error) bool {
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var alert tls.AlertError
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &alert)
}
