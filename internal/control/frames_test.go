package control

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestFrames(t *testing.T) {
	dir, _ := daemon(t)
	c := client(t, dir)
	began, n := false, uint64(0)
	for f, err := range c.Frames(context.Background(), "eth0", func() { began = true }) {
		if err != nil || !began || f.Interface != "eth0" || len(f.IP) != 1 || f.Lost != n {
			t.Fatalf("%+v, %v, began %v", f, err, began)
		}
		if n++; n == 100 {
			break
		}
	}
	for _, err := range c.Frames(context.Background(), "", func() { t.Error("without an interface it began") }) {
		if !errors.Is(err, ErrBadRequest) {
			t.Errorf("without an interface: %v", err)
		}
	}
}

// Frames carry passwords: what has no peer, or one that is not root, gets none.
func TestFramesAreForRoot(t *testing.T) {
	h := Handler(fake{}, NewJournal(1))
	for _, peer := range []any{nil, &conn{peer: Peer{UID: 4711, GID: 0}}} {
		r := httptest.NewRequest(http.MethodGet, "/v1/frames?interface=eth0", nil)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), peerKey{}, peer)))
		if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "passwords") {
			t.Errorf("%v: %d %s", peer, w.Code, w.Body)
		}
	}
	w := httptest.NewRecorder()
	ReadOnly(fake{}, NewJournal(1)).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1/frames?interface=eth0", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("over TCP: %d", w.Code)
	}
}

func TestPriorityAndAsk(t *testing.T) {
	dir, _ := daemon(t)
	c, ctx := client(t, dir), context.Background()
	if r, err := c.SetPriority(ctx, "VI_1", PriorityRequest{Priority: 50}); err != nil || r.Priority != 50 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := c.SetPriority(ctx, "VI_2", PriorityRequest{}); !errors.Is(err, ErrNoInstance) {
		t.Error(err)
	}
	if _, err := c.SetPriority(ctx, "VI_1", PriorityRequest{Priority: 255}); !errors.Is(err, ErrBadRequest) || err.Error() != "bad request: priority 255" {
		t.Error(err)
	}
	if r, err := c.Ask(ctx, "VI_1", AskRequest{Address: "192.0.2.1"}); err != nil || r.Address != "192.0.2.1" {
		t.Errorf("%+v, %v", r, err)
	}
	ro := httptest.NewRecorder()
	ReadOnly(fake{}, NewJournal(1)).ServeHTTP(ro, httptest.NewRequest(http.MethodPost, "/v1/instances/VI_1/priority", nil))
	if ro.Code != http.StatusNotFound {
		t.Errorf("over TCP: %d", ro.Code)
	}
}
