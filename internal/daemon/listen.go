package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"

	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/metrics"
	"github.com/xvrrp/xvrrp/internal/page"
)

// listen opens the control socket and, if configured, the TCP listener for
// what reads only. What fails later is told through failed.
func (d *Daemon) listen(ctx context.Context, failed chan<- error, undo *cleanup) error {
	socket, err := control.Listen(filepath.Join(d.opt.RuntimeDir, "xvrrp.sock"), -1)
	if err != nil {
		return err
	}
	undo.add("control socket", func() error { return ignoreClosed(socket.Close()) })
	go func() {
		if err := control.Serve(ctx, socket, control.Handler(answers{d}, d.history.Journal)); err != nil {
			failed <- fmt.Errorf("control socket: %w", err)
		}
	}()
	if d.settings().Own.Listen == "" {
		return nil
	}
	return d.listenTCP(ctx, failed, undo)
}

// listenTCP serves /metrics and what else reads, with TLS and authentication
// as the file in web_config_file says.
func (d *Daemon) listenTCP(ctx context.Context, failed chan<- error, undo *cleanup) error {
	own := d.settings().Own
	server, err := metrics.Listen(own.Listen, own.WebConfigFile)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	served := make(chan struct{})
	undo.add("metrics listener", func() error { stop(); <-served; return nil })
	go func() {
		defer close(served)
		if err := server.Serve(ctx, d.pages(), d.log); err != nil {
			failed <- fmt.Errorf("metrics listener: %w", err)
		}
	}()
	d.log.Info("serving metrics", "listen", server.Addr().String())
	return nil
}

// pages is what the TCP listener serves.
func (d *Daemon) pages() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", d.metrics.Handler())
	mux.Handle("/v1/", control.ReadOnly(answers{d}, d.history.Journal))
	mux.Handle("/", page.Handler())
	return mux
}

// ignoreClosed is for listeners whose server closes them as well.
func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
