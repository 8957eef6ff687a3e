package metrics

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/prometheus/exporter-toolkit/web"
)

// Limits of the TCP listener. Answers have no time limit of their own,
// because followers of events stay; their handler sets one for each line.
const (
	maxConns      = 128
	headerTimeout = 5 * time.Second
	idleTimeout   = time.Minute
	maxHeader     = 16 << 10
	maxBody       = 4 << 10 // nobody has to send one
)

// Server is the TCP listener for /metrics and what else may be read.
type Server struct {
	listener net.Listener
	web      string // exporter-toolkit's configuration file
}

// Listen takes the address, host:port, and checks the web configuration file
// if there is one (TLS and basic auth, in exporter-toolkit's format). Nothing
// is answered before Serve.
func Listen(address, webConfigFile string) (*Server, error) {
	if err := web.Validate(webConfigFile); err != nil {
		return nil, fmt.Errorf("web_config_file %s: %w", webConfigFile, err)
	}
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("listen %s: %w: another program serves there; choose another `listen` in the xvrrp block, or none",
			address, syscall.EADDRINUSE)
	}
	if err != nil {
		return nil, fmt.Errorf("listen %s: %w", address, err)
	}
	return &Server{listener: limit(l, maxConns), web: webConfigFile}, nil
}

// Addr is where the server listens, with the port that was chosen for :0.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Serve answers until the context ends; then it returns nil.
func (s *Server) Serve(ctx context.Context, h http.Handler, log *slog.Logger) error {
	base, cancel := context.WithCancel(ctx)
	defer cancel()
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       2 * headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return base },
	}
	stopped := make(chan error, 1)
	go func() {
		<-base.Done()
		bounded, done := context.WithTimeout(context.Background(), time.Second)
		defer done()
		err := srv.Shutdown(bounded)
		if errors.Is(err, context.DeadlineExceeded) {
			err = srv.Close()
		}
		stopped <- err
	}()
	err := web.Serve(s.listener, srv, &web.FlagConfig{WebConfigFile: &s.web}, log)
	cancel()
	stopErr := <-stopped
	if errors.Is(err, http.ErrServerClosed) {
		err = stopErr
	}
	if err != nil {
		return fmt.Errorf("serve %s: %w", s.Addr(), err)
	}
	return nil
}

// Close gives the address up if Serve was never called.
func (s *Server) Close() error { return s.listener.Close() }

// ReadOnly joins handlers by their patterns (/metrics, /v1/, /) and answers
// GET and HEAD only, whatever they would do.
func ReadOnly(handlers map[string]http.Handler) http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range handlers {
		mux.Handle(pattern, h)
	}
	return http.MaxBytesHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "read only: use the xvrrp command", http.StatusMethodNotAllowed)
			return
		}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		mux.ServeHTTP(w, r)
	}), maxBody)
}
