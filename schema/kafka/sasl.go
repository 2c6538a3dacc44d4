package kafka

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"
)

// The mechanisms.
const (
	Plain       = "PLAIN"
	ScramSHA256 = "SCRAM-SHA-256"
	ScramSHA512 = "SCRAM-SHA-512"
)

// SASL settings; without a mechanism there is no log-in.
type SASL struct {
	Mechanism string `yaml:"mechanism"`
	Username  string `yaml:"username"`
	// PasswordFile holds the password and perhaps a line end.
	PasswordFile string `yaml:"password_file"`
}

func (s SASL) validate() error {
	switch s.Mechanism {
	case "":
		if s.Username != "" || s.PasswordFile != "" {
			return fmt.Errorf("mechanism: name one of %s, %s, %s", ScramSHA512, ScramSHA256, Plain)
		}
		return nil
	case Plain, ScramSHA256, ScramSHA512:
	default:
		return fmt.Errorf("mechanism: must be one of %s, %s, %s", ScramSHA512, ScramSHA256, Plain)
	}
	if s.Username == "" {
		return errors.New("username: must be given with a mechanism")
	}
	if s.PasswordFile == "" {
		return errors.New("password_file: must be given with a mechanism")
	}
	return nil
}

func (s SASL) mechanism() (sasl.Mechanism, error) {
	if s.Mechanism == "" {
		return nil, nil
	}
	if err := s.validate(); err != nil {
		return nil, fmt.Errorf("sasl.%w", err)
	}
	if _, err := s.password(); err != nil {
		return nil, err
	}
	return login{s}, nil
}

func (s SASL) password() (string, error) {
	secret, err := os.ReadFile(s.PasswordFile)
	if err != nil {
		return "", fmt.Errorf("sasl.password_file: %w", err)
	}
	password := strings.TrimRight(string(secret), "\r\n")
	if password == "" {
		return "", fmt.Errorf("sasl.password_file: %s is empty", s.PasswordFile)
	}
	return password, nil
}

// login reads the password when it is needed, so that a changed one is used
// from the next connection on.
type login struct{ settings SASL }

func (l login) Name() string { return l.settings.Mechanism }

func (l login) Start(ctx context.Context) (sasl.StateMachine, []byte, error) {
	password, err := l.settings.password()
	if err != nil {
		return nil, nil, err
	}
	mechanism, err := l.settings.with(password)
	if err != nil {
		return nil, nil, err
	}
	return mechanism.Start(ctx)
}

func (s SASL) with(password string) (sasl.Mechanism, error) {
	switch s.Mechanism {
	case ScramSHA256:
		return scram.Mechanism(scram.SHA256, s.Username, password)
	case ScramSHA512:
		return scram.Mechanism(scram.SHA512, s.Username, password)
	default:
		return plain.Mechanism{Username: s.Username, Password: password}, nil
	}
}
