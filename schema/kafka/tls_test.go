package kafka_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/uptake-telemetry/uptake/schema/kafka"
)

// authority signs certificates for 127.0.0.1.
type authority struct {
	dir         string
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{dir: t.TempDir()}
	a.certificate = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	a.key = a.sign(t, "ca", a.certificate)
	return a
}

// sign writes name.pem and name.key.
func (a *authority) sign(t *testing.T, name string, certificate *x509.Certificate) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer := a.key
	if signer == nil {
		signer = key
	}
	der, err := x509.CreateCertificate(rand.Reader, certificate, a.certificate, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(
		os.WriteFile(a.file(name+".pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600),
		os.WriteFile(a.file(name+".key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

func (a *authority) leaf(t *testing.T, name string, use x509.ExtKeyUsage) {
	t.Helper()
	a.sign(t, name, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{use},
	})
}

func TestTLSTrustsTheNamedAuthorityAndProvesItself(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	ours.leaf(t, "server", x509.ExtKeyUsageServerAuth)
	ours.leaf(t, "client", x509.ExtKeyUsageClientAuth)
	pair, err := tls.LoadX509KeyPair(ours.file("server.pem"), ours.file("server.key"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(mustParse(t, ours.file("ca.pem")))
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.TLS(&tls.Config{
		Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool,
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	for name, c := range map[string]struct {
		tls kafka.TLS
		ok  bool
	}{
		"a certificate of ours":  {kafka.TLS{CAFile: ours.file("ca.pem"), CertFile: ours.file("client.pem"), KeyFile: ours.file("client.key")}, true},
		"no certificate":         {kafka.TLS{CAFile: ours.file("ca.pem")}, false},
		"one for servers only":   {kafka.TLS{CAFile: ours.file("ca.pem"), CertFile: ours.file("server.pem"), KeyFile: ours.file("server.key")}, false},
		"another authority":      {kafka.TLS{CAFile: theirs.file("ca.pem"), CertFile: ours.file("client.pem"), KeyFile: ours.file("client.key")}, false},
		"the system's authority": {kafka.TLS{Enabled: true, CertFile: ours.file("client.pem"), KeyFile: ours.file("client.key")}, false},
		"no TLS":                 {kafka.TLS{}, false},
	} {
		settings := kafka.DefaultConfig()
		settings.Brokers, settings.TLS = cluster.ListenAddrs(), c.tls
		if err := settings.Reachable(t.Context()); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func mustParse(t *testing.T, path string) *x509.Certificate {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(content)
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}
