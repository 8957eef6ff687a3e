package metrics

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certificate writes a key and its own certificate for 127.0.0.1, and returns
// who trusts it, and the pair for a client that shows it.
func certificate(t *testing.T, dir, name string) (*x509.CertPool, tls.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	private := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
	for file, text := range map[string][]byte{name + ".crt": public, name + ".key": private} {
		if err := os.WriteFile(filepath.Join(dir, file), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(public)
	pair, err := tls.X509KeyPair(public, private)
	if err != nil {
		t.Fatal(err)
	}
	return pool, pair
}

// web_config_file with TLS: a client that trusts the certificate and shows one
// of its own is answered, and nobody else.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	trust, _ := certificate(t, dir, "server")
	_, mine := certificate(t, dir, "client")
	file := filepath.Join(dir, "web.yml")
	// Names without a directory are beside the file.
	if err := os.WriteFile(file, []byte("tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n"+
		"  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: client.crt\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	plain := serve(t, file, lived().Handler())
	secure := "https" + strings.TrimPrefix(plain, "http") + "/metrics"
	for _, c := range []struct {
		name, url string
		tls       *tls.Config
		answered  bool
	}{
		{"both know each other", secure, &tls.Config{RootCAs: trust, Certificates: []tls.Certificate{mine}}, true},
		{"the client shows nothing", secure, &tls.Config{RootCAs: trust}, false},
		{"the client trusts nobody", secure, &tls.Config{RootCAs: x509.NewCertPool(), Certificates: []tls.Certificate{mine}}, false},
		{"without TLS", plain + "/metrics", nil, false},
	} {
		client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{TLSClientConfig: c.tls, DisableKeepAlives: true}}
		resp, err := client.Get(c.url)
		answered := err == nil && resp.StatusCode == http.StatusOK
		if err == nil {
			resp.Body.Close()
		}
		if answered != c.answered {
			t.Errorf("%s: answered %v, error %v", c.name, answered, err)
		}
	}
}
