package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// TLS is how a connection is encrypted. Naming a file turns it on, as Enabled
// does with the authorities of the system. ClickHouse's settings hold the same
// block, so that what works for the one works for the other.
type TLS struct {
	Enabled bool `yaml:"enabled"`
	// CAFile holds the authorities in PEM that sign the server's certificate.
	CAFile string `yaml:"ca_file"`
	// CertFile and KeyFile prove who we are, where the server asks.
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
}

func (t TLS) enabled() bool { return t.Enabled || t.CAFile != "" || t.CertFile != "" }

// Validate names the setting that is missing beside another. It opens no file.
func (t TLS) Validate() error {
	if t.CertFile != "" && t.KeyFile == "" {
		return errors.New("key_file: a certificate needs its key, name both or none")
	}
	if t.KeyFile != "" && t.CertFile == "" {
		return errors.New("cert_file: a key needs its certificate, name both or none")
	}
	return nil
}

// Client returns what a client connects with, nil where TLS is off. Files that
// cannot be used are named now and not at the first connection.
func (t TLS) Client() (*tls.Config, error) {
	if !t.enabled() {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.CAFile != "" {
		pool, err := readAuthorities(t.CAFile)
		if err != nil {
			return nil, err
		}
		config.RootCAs = pool
	}
	if t.CertFile != "" {
		if _, err := t.certificate(nil); err != nil {
			return nil, err
		}
		config.GetClientCertificate = t.certificate
	}
	return config, nil
}

func readAuthorities(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("ca_file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("ca_file: %s holds no certificate in PEM", path)
	}
	return pool, nil
}

// certificate reads the files again, so that a renewed one is used from the
// next connection on.
func (t TLS) certificate(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("cert_file: %w", err)
	}
	return &pair, nil
}
