package track

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/xvrrp/xvrrp/internal/systemd"
)

// usable tells why the check could never succeed.
func (c Check) usable() error {
	if c.Interval <= 0 {
		return fmt.Errorf("check %s: interval must be above 0", c.Name)
	}
	if err := c.target(); err != nil {
		return fmt.Errorf("check %s: %s %q: %w", c.Name, c.Kind, c.Target, err)
	}
	return nil
}

func (c Check) target() error {
	switch c.Kind {
	case TCP:
		_, port, err := net.SplitHostPort(c.Target)
		if err == nil {
			_, err = net.LookupPort("tcp", port)
		}
		return err
	case HTTP, HTTPS:
		u, err := url.Parse(c.Target)
		if err == nil && (u.Scheme != string(c.Kind) || u.Host == "") {
			err = fmt.Errorf("is no %s URL", c.Kind)
		}
		return err
	case Unix, PIDFile:
		if !filepath.IsAbs(c.Target) {
			return fmt.Errorf("is no absolute path")
		}
		return nil
	case Systemd:
		if c.Target == "" || strings.ContainsAny(c.Target, "/ ") {
			return fmt.Errorf("is no unit")
		}
		return nil
	case Gateway:
		if c.Target == "" {
			return nil
		}
		_, err := netip.ParseAddr(c.Target)
		return err
	}
	return fmt.Errorf("unknown kind of check")
}

func (c Check) probe() probe {
	switch c.Kind {
	case TCP:
		return instant(func(ctx context.Context) error { return connect(ctx, "tcp", c.Target) })
	case Unix:
		return instant(func(ctx context.Context) error { return connect(ctx, "unix", c.Target) })
	case HTTP, HTTPS:
		client := c.client()
		return instant(func(ctx context.Context) error { return c.get(ctx, client) })
	case PIDFile:
		return instant(func(context.Context) error { return pidFile(c.Target) })
	case Systemd:
		return instant(func(ctx context.Context) error { return systemd.Active(ctx, systemd.Buses, c.Target) })
	}
	return instant(func(ctx context.Context) error { return gatewayAnswers(ctx, c.Target) })
}

func connect(ctx context.Context, network, address string) error {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return err
	}
	return conn.Close()
}

// client makes a new connection for each request, as a new client would, and
// follows no redirect: the answer itself is what is checked.
func (c Check) client() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DisableKeepAlives:      true,
			DisableCompression:     true,
			MaxResponseHeaderBytes: 64 << 10,
			TLSClientConfig:        &tls.Config{InsecureSkipVerify: c.Insecure},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// get asks for the URL and reads at most 64 KiB of the answer.
func (c Check) get(ctx context.Context, client *http.Client) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Target, nil)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", "xvrrp-check")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)); err != nil {
		return err
	}
	low, high := c.StatusMin, c.StatusMax
	if low == 0 {
		low = 200
	}
	if high == 0 {
		high = 399
	}
	if resp.StatusCode < low || resp.StatusCode > high {
		return fmt.Errorf("status %s, want %d to %d", resp.Status, low, high)
	}
	return nil
}

// pidFile succeeds when the file names a living process.
func pidFile(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 0 {
		return fmt.Errorf("%s holds no process number", path)
	}
	if err := syscall.Kill(pid, 0); err != nil && err != syscall.EPERM {
		return fmt.Errorf("process %d: %w", pid, err)
	}
	if state := processState(pid); state == 'Z' || state == 'X' {
		return fmt.Errorf("process %d has ended", pid)
	}
	return nil
}
