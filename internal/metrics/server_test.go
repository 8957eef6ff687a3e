package metrics

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

var silent = slog.New(slog.DiscardHandler)

// serve runs a server until the test ends and returns its URL.
func serve(t *testing.T, webConfig string, h http.Handler) string {
	t.Helper()
	s, err := Listen("127.0.0.1:0", webConfig)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, h, silent) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(10 * time.Second):
			t.Error("the server does not stop")
		}
	})
	return "http://" + s.Addr().String()
}

func fetch(t *testing.T, req *http.Request) (int, string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func request(t *testing.T, method, url, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func TestServe(t *testing.T) {
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "page") })
	url := serve(t, "", ReadOnly(map[string]http.Handler{"/metrics": lived().Handler(), "/{$}": page}))
	if code, body := fetch(t, request(t, "GET", url+"/metrics", "")); code != 200 || !strings.Contains(body, "xvrrp_build_info{") {
		t.Errorf("metrics: %d %.200s", code, body)
	}
	if code, body := fetch(t, request(t, "GET", url+"/", "")); code != 200 || body != "page" {
		t.Errorf("page: %d %s", code, body)
	}
	if code, _ := fetch(t, request(t, "GET", url+"/v1/reload", "")); code != 404 {
		t.Errorf("unknown path: %d", code)
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH"} {
		if code, _ := fetch(t, request(t, method, url+"/metrics", "x")); code != 405 {
			t.Errorf("%s: %d", method, code)
		}
	}
}

func TestBasicAuth(t *testing.T) {
	file := filepath.Join(t.TempDir(), "web.yml")
	// The bcrypt hash of "secret", cost 4.
	config := "basic_auth_users:\n  me: $2a$04$.5yBCWcrB6jAnxp/saAcrOnyBLBFDRBxLbvZaono448uN8dbpukuG\n"
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	url := serve(t, file, lived().Handler())
	if code, _ := fetch(t, request(t, "GET", url+"/metrics", "")); code != 401 {
		t.Errorf("without a password: %d", code)
	}
	req := request(t, "GET", url+"/metrics", "")
	req.SetBasicAuth("me", "secret")
	if code, _ := fetch(t, req); code != 200 {
		t.Errorf("with the password: %d", code)
	}
}

func TestListenErrors(t *testing.T) {
	s, err := Listen("127.0.0.1:0", "")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, err = Listen(s.Addr().String(), "")
	if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), s.Addr().String()) || !strings.Contains(err.Error(), "listen") {
		t.Errorf("address in use: %v", err)
	}
	if _, err := Listen("127.0.0.1:0", "/no/such/web.yml"); err == nil || !strings.Contains(err.Error(), "/no/such/web.yml") {
		t.Errorf("missing file: %v", err)
	}
	if _, err := Listen("nonsense", ""); err == nil {
		t.Error("nonsense was listened on")
	}
}

// Connections above the limit wait and are served when others end.
func TestLimit(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := limit(inner, 2)
	accepted := make(chan net.Conn)
	go func() {
		defer close(accepted)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	for range 3 {
		c, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	first, second := <-accepted, <-accepted
	select {
	case <-accepted:
		t.Fatal("a third was accepted")
	case <-time.After(50 * time.Millisecond):
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	third := <-accepted
	// Full again: Close must end the waiting.
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if _, more := <-accepted; more {
		t.Error("accepted after Close")
	}
	second.Close()
	third.Close()
}
