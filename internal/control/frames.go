package control

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/url"
	"os"
	"time"
)

// Frame is one line of GET /v1/frames: a datagram of protocol 112 that the
// kernel program kept for the daemon, so that no capture on this host sees it.
type Frame struct {
	At        time.Time `json:"at"`
	Interface string    `json:"interface"`
	SourceMAC string    `json:"source_mac"`
	// IP is the datagram from its IP header on, in base64.
	IP []byte `json:"ip"`
	// Lost counts those before it that came faster than they were read.
	Lost uint64 `json:"lost,omitempty"`
}

// errFrames is for members of the socket's group: a datagram of version 2
// carries its password in clear text.
var errFrames = errors.New("frames carry passwords: only root and the daemon's own user may read them")

// frames streams JSON lines: ?interface=NAME. There is no past to be had, so
// that it follows with or without ?follow=1.
func frames(w http.ResponseWriter, r *http.Request, d Daemon, followers chan struct{}) {
	peer, known := PeerOf(r.Context())
	if !known || peer.UID != 0 && peer.UID != os.Geteuid() {
		fail(w, http.StatusForbidden, errFrames)
		return
	}
	name := r.FormValue("interface")
	if name == "" {
		fail(w, http.StatusBadRequest, errors.New("interface is missing: ?interface=NAME"))
		return
	}
	follow(w, r, followers, d.Frames(r.Context(), name))
}

// follow streams what comes, until the reader is gone or does not read.
func follow[T any](w http.ResponseWriter, r *http.Request, followers chan struct{}, lines iter.Seq[T]) {
	select {
	case followers <- struct{}{}:
		defer func() { <-followers }()
	default:
		fail(w, http.StatusServiceUnavailable, errors.New("too many followers"))
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Cache-Control", "no-store")
	enc, stream := json.NewEncoder(w), http.NewResponseController(w)
	send := func() bool {
		return stream.SetWriteDeadline(time.Now().Add(writeTimeout)) == nil && stream.Flush() == nil
	}
	if !send() { // what is there already can be counted on from here
		return
	}
	for line := range lines {
		if enc.Encode(line) != nil || !send() {
			return
		}
	}
}

// Frames yields what the kernel program keeps to itself on an interface, until
// the context or the daemon ends. An error is the last thing yielded. The
// function began is called when nothing will be missed from now on.
func (c *Client) Frames(ctx context.Context, iface string, began func()) iter.Seq2[Frame, error] {
	return func(yield func(Frame, error) bool) {
		resp, err := c.do(ctx, http.MethodGet, "/v1/frames?follow=1&interface="+url.QueryEscape(iface), nil)
		if err != nil {
			yield(Frame{}, err)
			return
		}
		defer resp.Body.Close()
		began()
		yieldLines(ctx, resp.Body, yield)
	}
}

// yieldLines reads JSON values until the context or the reader ends.
func yieldLines[T any](ctx context.Context, r io.Reader, yield func(T, error) bool) {
	for dec := json.NewDecoder(r); ; {
		var line T
		err := dec.Decode(&line)
		switch {
		case errors.Is(err, io.EOF), err != nil && ctx.Err() != nil:
			return
		case err != nil:
			yield(line, err)
			return
		}
		if !yield(line, nil) {
			return
		}
	}
}
