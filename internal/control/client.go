package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"syscall"
)

// SocketName is the socket's name in the runtime directory.
const SocketName = "xvrrp.sock"

// Client asks the daemon of one runtime directory.
type Client struct {
	http *http.Client
	path string
}

// Dial finds out whether a daemon serves the runtime directory. The error
// wraps ErrNoDaemon when none does.
func Dial(runtimeDir string) (*Client, error) {
	c := &Client{path: filepath.Join(runtimeDir, SocketName)}
	conn, err := c.connect()
	if err != nil {
		return nil, err
	}
	conn.Close()
	c.http = &http.Client{Transport: &http.Transport{
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return c.connect() },
		DisableKeepAlives: true,
	}}
	return c, nil
}

func (c *Client) connect() (net.Conn, error) {
	conn, err := dial(c.path)
	switch {
	case err == nil:
		return conn, nil
	case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOTDIR):
		return nil, fmt.Errorf("%s: %w", c.path, ErrNoDaemon)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("%s: %w: ask as root or as a member of its group", c.path, syscall.EACCES)
	}
	return nil, fmt.Errorf("%s: %w", c.path, err)
}

// Status asks for everything.
func (c *Client) Status(ctx context.Context) (Status, error) {
	var s Status
	return s, c.call(ctx, http.MethodGet, "/v1/status", nil, &s)
}

// Instance asks for one instance, its history and histograms. The error wraps
// ErrNoInstance when there is none of that name.
func (c *Client) Instance(ctx context.Context, name string) (Instance, error) {
	var i Instance
	return i, c.call(ctx, http.MethodGet, "/v1/instances/"+url.PathEscape(name), nil, &i)
}

// Config asks for the configuration in effect.
func (c *Client) Config(ctx context.Context) (Config, error) {
	var cfg Config
	return cfg, c.call(ctx, http.MethodGet, "/v1/config", nil, &cfg)
}

// Reload asks the daemon to read its configuration again.
func (c *Client) Reload(ctx context.Context, req ReloadRequest) (ReloadResult, error) {
	var r ReloadResult
	return r, c.call(ctx, http.MethodPost, "/v1/reload", req, &r)
}

// Release asks an instance to hand its addresses over. The error wraps
// ErrNoInstance or ErrRefused.
func (c *Client) Release(ctx context.Context, name string, req ReleaseRequest) (ReleaseResult, error) {
	var r ReleaseResult
	return r, c.call(ctx, http.MethodPost, "/v1/instances/"+url.PathEscape(name)+"/release", req, &r)
}

// SetPriority gives an instance another priority for a while. The error wraps
// ErrNoInstance, ErrRefused or ErrBadRequest.
func (c *Client) SetPriority(ctx context.Context, name string, req PriorityRequest) (PriorityResult, error) {
	var r PriorityResult
	return r, c.call(ctx, http.MethodPost, "/v1/instances/"+url.PathEscape(name)+"/priority", req, &r)
}

// Ask asks the other nodes of an instance's virtual router whether an address
// answers there. The error wraps ErrNoInstance, ErrRefused or ErrBadRequest.
func (c *Client) Ask(ctx context.Context, name string, req AskRequest) (AskResult, error) {
	var r AskResult
	return r, c.call(ctx, http.MethodPost, "/v1/instances/"+url.PathEscape(name)+"/ask", req, &r)
}

// Events yields the daemon's history and, with follow, what happens from now
// on until the context or the daemon ends. An error is the last thing yielded.
func (c *Client) Events(ctx context.Context, q Query, follow bool) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		resp, err := c.do(ctx, http.MethodGet, "/v1/events?"+values(q, follow).Encode(), nil)
		if err != nil {
			yield(Event{}, err)
			return
		}
		defer resp.Body.Close()
		yieldLines(ctx, resp.Body, yield)
	}
}

func values(q Query, follow bool) url.Values {
	v := url.Values{}
	if q.Instance != "" {
		v.Set("instance", q.Instance)
	}
	if q.Group != "" {
		v.Set("group", q.Group)
	}
	if q.After > 0 {
		v.Set("after", strconv.FormatUint(q.After, 10))
	}
	if q.Last > 0 {
		v.Set("last", strconv.Itoa(q.Last))
	}
	if follow {
		v.Set("follow", "1")
	}
	return v
}

// call sends in as JSON, unless it is nil, and reads the answer into out.
func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	resp, err := c.do(ctx, method, path, in)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

func (c *Client) do(ctx context.Context, method, path string, in any) (*http.Response, error) {
	var content io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", method, path, err)
		}
		content = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://xvrrp"+path, content)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err // the address in it is made up
		}
		return nil, err
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer resp.Body.Close()
	return nil, refusal(resp)
}

// refusal turns an answer that is not 200 into an error.
func refusal(resp *http.Response) error {
	var p problem
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxBody)).Decode(&p); err != nil || p.Error == "" {
		p.Error = resp.Status
	}
	switch resp.StatusCode {
	case http.StatusNotFound:
		return told(ErrNoInstance, p.Error)
	case http.StatusConflict:
		return told(ErrRefused, p.Error)
	case http.StatusBadRequest:
		return told(ErrBadRequest, p.Error)
	case http.StatusForbidden:
		return fmt.Errorf("%w: %s", syscall.EACCES, p.Error)
	}
	return errors.New(p.Error)
}

// told wraps err with what the daemon said, without saying the same twice.
func told(err error, text string) error {
	if text == err.Error() {
		return err
	}
	return &remote{err, text}
}

type remote struct {
	err  error
	text string
}

func (r *remote) Error() string { return r.text }
func (r *remote) Unwrap() error { return r.err }
