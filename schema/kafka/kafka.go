// Package kafka is how both halves of Uptake reach the topic: the settings of
// the connection, the clients made from them, and the making and checking of
// the topics.
//
// It stands beside the schema because it is part of the contract in which
// collector and ingest meet: one block of settings names brokers, topics and
// consumer group for both, so neither half can read another topic than the
// other writes. It starts nothing; what it returns belongs to the caller.
//
// It promises that a password is read from its file at every log-in, so that
// it can be changed without a restart, that a certificate is read again at
// every handshake, that the verification of a broker's certificate cannot be
// turned off, and that no secret gets into an error or a printed setting.
package kafka

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
)

// How a connection behaves that nobody has asked for otherwise.
const (
	clientID       = "uptake"
	dialTimeout    = 5 * time.Second
	requestTimeout = 30 * time.Second
	// A leader that moved is noticed by the refused request; this only bounds
	// how long new partitions and brokers stay unseen.
	metadataTTL = 5 * time.Second
)

// Client returns a client for requests to the brokers, routed by topic and
// partition. Close it with CloseClient. It knows of the two topics of the
// settings only.
func (c Config) Client() (*kafkago.Client, error) {
	config, mechanism, err := c.security()
	if err != nil {
		return nil, err
	}
	return &kafkago.Client{
		Addr:    kafkago.TCP(c.Brokers...),
		Timeout: requestTimeout,
		Transport: &kafkago.Transport{
			Dial:           netDialer().DialContext,
			DialTimeout:    dialTimeout,
			ClientID:       clientID,
			MetadataTTL:    metadataTTL,
			MetadataTopics: c.topics(),
			TLS:            config,
			SASL:           mechanism,
		},
	}, nil
}

// CloseClient closes the connections of a client made here, each as soon as the
// request on it is answered. The client may be used again: it then opens new
// ones and asks for the layout of the cluster first.
func CloseClient(client *kafkago.Client) {
	if transport, ok := client.Transport.(*kafkago.Transport); ok {
		transport.CloseIdleConnections()
	}
}

// Dialer returns what kafka-go's consumer group connects with.
func (c Config) Dialer() (*kafkago.Dialer, error) {
	config, mechanism, err := c.security()
	if err != nil {
		return nil, err
	}
	return &kafkago.Dialer{
		ClientID:      clientID,
		Timeout:       dialTimeout,
		DialFunc:      netDialer().DialContext,
		TLS:           config,
		SASLMechanism: mechanism,
	}, nil
}

func (c Config) security() (*tls.Config, sasl.Mechanism, error) {
	config, err := c.TLS.Client()
	if err != nil {
		return nil, nil, fmt.Errorf("kafka settings: tls.%w", err)
	}
	mechanism, err := c.SASL.mechanism()
	if err != nil {
		return nil, nil, fmt.Errorf("kafka settings: %w", err)
	}
	return config, mechanism, nil
}

// netDialer notices a peer that vanished without a word within half a minute.
func netDialer() *net.Dialer {
	return &net.Dialer{
		Timeout:         dialTimeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 4},
	}
}

// Reachable reports whether a broker answers with these settings, as an error
// that names the brokers.
func (c Config) Reachable(ctx context.Context) error {
	client, err := c.Client()
	if err != nil {
		return err
	}
	defer CloseClient(client)
	if _, err := client.Metadata(ctx, &kafkago.MetadataRequest{Topics: c.topics()}); err != nil {
		return c.unreachable(err)
	}
	return nil
}
