package control

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Limits of one request.
const (
	maxBody      = 64 << 10
	maxHeader    = 16 << 10
	readTimeout  = 10 * time.Second
	writeTimeout = 10 * time.Second // for each line of a follower
)

type peerKey struct{}

// Serve answers on the listener until the context ends, then waits a moment
// for answers under way. It returns nil when it was told to stop.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	base, cancel := context.WithCancel(ctx)
	defer cancel()
	srv := &http.Server{
		Handler:        http.MaxBytesHandler(guard(h), maxBody),
		ReadTimeout:    readTimeout,
		IdleTimeout:    readTimeout,
		MaxHeaderBytes: maxHeader,
		ErrorLog:       log.New(io.Discard, "", 0), // a peer's broken request is its own affair
		BaseContext:    func(net.Listener) context.Context { return base },
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, peerKey{}, c)
		},
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
	err := srv.Serve(l)
	cancel()
	stopErr := <-stopped
	if errors.Is(err, http.ErrServerClosed) {
		return stopErr
	}
	return err
}

// guard refuses peers that may not ask. A connection that is not ours (TCP)
// has no peer and is never served by Serve's callers.
func guard(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(peerKey{}).(*conn); ok {
			if err := c.allowed(); err != nil {
				fail(w, http.StatusForbidden, err)
				return
			}
		}
		h.ServeHTTP(w, r)
	})
}

// Handler answers everything under /v1.
func Handler(d Daemon, j *Journal) http.Handler {
	mux := http.NewServeMux()
	followers := make(chan struct{}, maxConns/2)
	reads(mux, d, j, followers)
	mux.HandleFunc("GET /v1/frames", func(w http.ResponseWriter, r *http.Request) { frames(w, r, d, followers) })
	mux.HandleFunc("GET /v1/instances/{name}", func(w http.ResponseWriter, r *http.Request) { instance(w, r, d, j) })
	mux.HandleFunc("GET /v1/config", func(w http.ResponseWriter, r *http.Request) { answer(w, d.Config()) })
	mux.HandleFunc("POST /v1/reload", func(w http.ResponseWriter, r *http.Request) { reload(w, r, d) })
	mux.HandleFunc("POST /v1/instances/{name}/release", func(w http.ResponseWriter, r *http.Request) { command(w, r, d.Release) })
	mux.HandleFunc("POST /v1/instances/{name}/priority", func(w http.ResponseWriter, r *http.Request) { command(w, r, d.SetPriority) })
	mux.HandleFunc("POST /v1/instances/{name}/ask", func(w http.ResponseWriter, r *http.Request) { command(w, r, d.Ask) })
	return mux
}

// ReadOnly answers what may be read over TCP: /v1/status and /v1/events.
func ReadOnly(d Daemon, j *Journal) http.Handler {
	mux := http.NewServeMux()
	reads(mux, d, j, make(chan struct{}, maxConns/2))
	return mux
}

func reads(mux *http.ServeMux, d Daemon, j *Journal, followers chan struct{}) {
	mux.HandleFunc("GET /v1/status", func(w http.ResponseWriter, r *http.Request) { answer(w, d.Status()) })
	mux.HandleFunc("GET /v1/events", func(w http.ResponseWriter, r *http.Request) { events(w, r, j, followers) })
}

func instance(w http.ResponseWriter, r *http.Request, d Daemon, j *Journal) {
	name := r.PathValue("name")
	inst, ok := d.Instance(name)
	if !ok {
		fail(w, http.StatusNotFound, ErrNoInstance)
		return
	}
	inst.Events = j.Select(Query{Instance: name, Group: inst.Group})
	answer(w, inst)
}

func reload(w http.ResponseWriter, r *http.Request, d Daemon) {
	var req ReloadRequest
	if !body(w, r, &req) {
		return
	}
	result, err := d.Reload(r.Context(), req)
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	answer(w, result)
}

// command answers what is asked of one instance.
func command[Q, A any](w http.ResponseWriter, r *http.Request, do func(context.Context, string, Q) (A, error)) {
	var req Q
	if !body(w, r, &req) {
		return
	}
	result, err := do(r.Context(), r.PathValue("name"), req)
	switch {
	case errors.Is(err, ErrNoInstance):
		fail(w, http.StatusNotFound, err)
	case errors.Is(err, ErrRefused):
		fail(w, http.StatusConflict, err)
	case errors.Is(err, ErrBadRequest):
		fail(w, http.StatusBadRequest, err)
	case err != nil:
		fail(w, http.StatusInternalServerError, err)
	default:
		answer(w, result)
	}
}

// events streams JSON lines: ?instance=NAME, ?after=SEQ, ?last=N, ?follow=1.
func events(w http.ResponseWriter, r *http.Request, j *Journal, followers chan struct{}) {
	q, err := parseQuery(r)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	if wish, _ := strconv.ParseBool(r.FormValue("follow")); wish { // what is no boolean is no wish to follow
		follow(w, r, followers, j.Follow(r.Context(), q))
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Cache-Control", "no-store")
	enc := json.NewEncoder(w)
	for _, e := range j.Select(q) {
		if enc.Encode(e) != nil {
			return // the reader is gone
		}
	}
}

func parseQuery(r *http.Request) (Query, error) {
	q := Query{Instance: r.FormValue("instance"), Group: r.FormValue("group")}
	var err error
	if v := r.FormValue("after"); v != "" {
		if q.After, err = strconv.ParseUint(v, 10, 64); err != nil {
			return q, errors.New("after is no number: " + v)
		}
	}
	if v := r.FormValue("last"); v != "" {
		if q.Last, err = strconv.Atoi(v); err != nil || q.Last < 0 {
			return q, errors.New("last is no count: " + v)
		}
	}
	return q, nil
}

// body reads a JSON body; an empty one leaves v as it is.
func body(w http.ResponseWriter, r *http.Request, v any) bool {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil && !errors.Is(err, io.EOF) {
		fail(w, http.StatusBadRequest, err)
		return false
	}
	return true
}

func answer(w http.ResponseWriter, v any) {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(append(b, '\n')) // the asker may have gone
}

// problem is the body of every answer that is not 200.
type problem struct {
	Error string `json:"error"`
}

func fail(w http.ResponseWriter, code int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(problem{err.Error()}) // the asker may have gone
}
