package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// fake is a daemon with one instance.
type fake struct{}

func (fake) Status() Status {
	return Status{
		Version: "1.2.3", PID: 7, Now: time.Unix(1700000000, 123456789).UTC(),
		Instances: []InstanceStatus{{
			Name: "VI_1", VRID: 51, State: Backup, AdvertInterval: Seconds(10 * time.Millisecond),
			Master: &MasterStatus{Address: "192.0.2.1", LastAdvertAge: Seconds(312400 * time.Microsecond)},
		}},
	}
}

func (fake) Instance(name string) (Instance, bool) {
	if name != "VI 1/a" {
		return Instance{}, false
	}
	return Instance{InstanceStatus: InstanceStatus{Name: name, Group: "G"}}, true
}

func (fake) Config() Config { return Config{Text: "vrrp_instance VI_1 {\n}\n"} }

func (fake) Reload(_ context.Context, r ReloadRequest) (ReloadResult, error) {
	if r.DryRun {
		return ReloadResult{OK: true, Plan: []string{"nothing"}}, nil
	}
	return ReloadResult{}, errors.New("engine is gone")
}

func (fake) Release(_ context.Context, name string, r ReleaseRequest) (ReleaseResult, error) {
	switch {
	case name != "VI 1/a":
		return ReleaseResult{}, ErrNoInstance
	case !r.Force:
		return ReleaseResult{}, fmt.Errorf("nobody would take over: %w", ErrRefused)
	}
	return ReleaseResult{Instance: name, Released: true}, nil
}

func (fake) SetPriority(ctx context.Context, name string, r PriorityRequest) (PriorityResult, error) {
	peer, ok := PeerOf(ctx)
	switch {
	case !ok || peer.UID != os.Geteuid() || peer.PID != os.Getpid():
		return PriorityResult{}, fmt.Errorf("the peer is %+v, %v", peer, ok)
	case name != "VI_1":
		return PriorityResult{}, ErrNoInstance
	case r.Priority > 254:
		return PriorityResult{}, fmt.Errorf("%w: priority %d", ErrBadRequest, r.Priority)
	}
	return PriorityResult{Instance: name, Priority: r.Priority}, nil
}

func (fake) Ask(_ context.Context, name string, r AskRequest) (AskResult, error) {
	return AskResult{Instance: name, Address: r.Address}, nil
}

// Frames yields one more frame for each that was read.
func (fake) Frames(ctx context.Context, iface string) iter.Seq[Frame] {
	return func(yield func(Frame) bool) {
		for n := uint64(0); ctx.Err() == nil; n++ {
			if !yield(Frame{Interface: iface, IP: []byte{0x45}, Lost: n}) {
				return
			}
		}
	}
}

// daemon serves a fake on a socket in a new directory.
func daemon(t *testing.T) (dir string, j *Journal) {
	t.Helper()
	dir = t.TempDir()
	j = NewJournal(10)
	l, err := Listen(filepath.Join(dir, SocketName), -1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, l, Handler(fake{}, j)) }()
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
		if _, err := os.Stat(filepath.Join(dir, SocketName)); !os.IsNotExist(err) {
			t.Errorf("the socket was left behind: %v", err)
		}
	})
	return dir, j
}

func client(t *testing.T, dir string) *Client {
	t.Helper()
	c, err := Dial(dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCalls(t *testing.T) {
	dir, j := daemon(t)
	c, ctx := client(t, dir), context.Background()
	s, err := c.Status(ctx)
	if err != nil || s.Version != "1.2.3" || !s.Now.Equal(time.Unix(1700000000, 123456789)) ||
		s.Instances[0].Master.LastAdvertAge.Duration() != 312400*time.Microsecond {
		t.Errorf("status: %+v, %v", s, err)
	}
	j.Add(Event{Kind: KindTransition, Instance: "VI 1/a"})
	j.Add(Event{Kind: KindTransition, Instance: "other"})
	j.Add(Event{Kind: KindTransition, Group: "G"})
	i, err := c.Instance(ctx, "VI 1/a")
	if err != nil || i.Name != "VI 1/a" || len(i.Events) != 2 {
		t.Errorf("instance: %+v, %v", i, err)
	}
	if _, err := c.Instance(ctx, "none"); !errors.Is(err, ErrNoInstance) {
		t.Errorf("no such instance: %v", err)
	}
	if cfg, err := c.Config(ctx); err != nil || !strings.Contains(cfg.Text, "VI_1") {
		t.Errorf("config: %+v, %v", cfg, err)
	}
	if r, err := c.Reload(ctx, ReloadRequest{DryRun: true}); err != nil || !r.OK || r.Applied {
		t.Errorf("dry run: %+v, %v", r, err)
	}
	if _, err := c.Reload(ctx, ReloadRequest{}); err == nil || err.Error() != "engine is gone" {
		t.Errorf("failed reload: %v", err)
	}
	if _, err := c.Release(ctx, "VI 1/a", ReleaseRequest{}); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "nobody would") {
		t.Errorf("refused release: %v", err)
	}
	if r, err := c.Release(ctx, "VI 1/a", ReleaseRequest{Force: true}); err != nil || !r.Released {
		t.Errorf("release: %+v, %v", r, err)
	}
	if _, err := c.Release(ctx, "none", ReleaseRequest{}); !errors.Is(err, ErrNoInstance) {
		t.Errorf("release of none: %v", err)
	}
}

// The fields that scripts read, as they stand in the JSON.
func TestFormats(t *testing.T) {
	b, err := json.Marshal(fake{}.Status())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"now":"2023-11-14T22:13:20.123456789Z"`, `"state":"BACKUP"`, `"advert_interval":0.01,`,
		`"last_advert_age":0.3124,`, `"vrid":51`, `"started_at":"0001-01-01T00:00:00Z"`,
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("%s is missing in %s", want, b)
		}
	}
}

func TestSecondsRoundTrip(t *testing.T) {
	for _, d := range []time.Duration{0, 1, -1, time.Nanosecond * 999, time.Millisecond, 3414062500, 10 * time.Second, 400 * 24 * time.Hour} {
		b, err := json.Marshal(Seconds(d))
		if err != nil {
			t.Fatal(err)
		}
		var back Seconds
		if err := json.Unmarshal(b, &back); err != nil || back.Duration() != d {
			t.Errorf("%v became %s became %v (%v)", d, b, back, err)
		}
	}
	var s Seconds
	if json.Unmarshal([]byte(`"1s"`), &s) == nil {
		t.Error("a string was taken for seconds")
	}
}

func TestNoDaemon(t *testing.T) {
	dir := t.TempDir()
	if _, err := Dial(dir); !errors.Is(err, ErrNoDaemon) {
		t.Errorf("no socket: %v", err)
	}
	dead(t, filepath.Join(dir, SocketName))
	if _, err := Dial(dir); !errors.Is(err, ErrNoDaemon) {
		t.Errorf("dead socket: %v", err)
	}
	if _, err := Dial(filepath.Join(dir, "missing", "dir")); !errors.Is(err, ErrNoDaemon) {
		t.Errorf("no directory: %v", err)
	}
}

// dead leaves a socket that nobody serves, as a killed daemon does.
func dead(t *testing.T, path string) {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestSocket(t *testing.T) {
	dir, _ := daemon(t)
	path := filepath.Join(dir, SocketName)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if _, err := Listen(path, -1); !errors.Is(err, ErrInUse) {
		t.Errorf("a living daemon's socket was taken: %v", err)
	}
	client(t, dir)

	stale := filepath.Join(t.TempDir(), SocketName)
	dead(t, stale)
	dead(t, fmt.Sprintf("%s.%d", stale, os.Getpid()))
	l, err := Listen(stale, 65534)
	if err != nil {
		t.Fatalf("a dead daemon's socket was not replaced: %v", err)
	}
	if info, err := os.Stat(stale); err != nil || info.Sys().(*syscall.Stat_t).Gid != 65534 {
		t.Errorf("group: %v, %v", info, err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}

	long := filepath.Join(t.TempDir(), strings.Repeat("d", 120))
	if err := os.Mkdir(long, 0o755); err != nil {
		t.Fatal(err)
	}
	l, err = Listen(filepath.Join(long, SocketName), -1)
	if err != nil {
		t.Fatalf("long path: %v", err)
	}
	defer l.Close()
	client(t, long)
}

// dialAs connects as another user. The thread that becomes that user is
// thrown away.
func dialAs(t *testing.T, path string, uid, gid int, groups []int) net.Conn {
	t.Helper()
	type result struct {
		conn net.Conn
		err  error
	}
	done := make(chan result)
	go func() {
		runtime.LockOSThread()
		conn, err := connectAs(path, uid, gid, groups)
		done <- result{conn, err}
	}()
	r := <-done
	if r.err != nil {
		t.Fatal(r.err)
	}
	t.Cleanup(func() { r.conn.Close() })
	return r.conn
}

func connectAs(path string, uid, gid int, groups []int) (net.Conn, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "client")
	defer f.Close()
	// The raw calls change this thread only.
	list := make([]uint32, len(groups)+1)
	for i, g := range groups {
		list[i] = uint32(g)
	}
	if _, _, e := unix.RawSyscall(unix.SYS_SETGROUPS, uintptr(len(groups)), uintptr(unsafe.Pointer(&list[0])), 0); e != 0 {
		return nil, e
	}
	if _, _, e := unix.RawSyscall(unix.SYS_SETRESGID, uintptr(gid), uintptr(gid), uintptr(gid)); e != 0 {
		return nil, e
	}
	if _, _, e := unix.RawSyscall(unix.SYS_SETRESUID, uintptr(uid), uintptr(uid), uintptr(uid)); e != 0 {
		return nil, e
	}
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		return nil, err
	}
	return net.FileConn(f)
}

func TestPeerCredentials(t *testing.T) {
	dir, _ := daemon(t)
	path := filepath.Join(dir, SocketName)
	// The mode alone would keep strangers out: open it to see the second wall.
	for p := path; p != filepath.Clean(os.TempDir()) && p != "/"; p = filepath.Dir(p) {
		mode := os.FileMode(0o755)
		if p == path {
			mode = 0o666
		}
		if err := os.Chmod(p, mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		uid, gid int
		groups   []int
		code     int
	}{
		{0, 0, nil, 200},
		{65534, 65534, nil, 403},
		{65534, 65534, []int{7, 9}, 403},
		{65534, 0, nil, 200},              // the socket's group
		{65534, 65534, []int{7, 0}, 200},  // among the supplementary ones
		{65534, 65534, []int{65534}, 403}, // not the socket's
	} {
		conn := dialAs(t, path, c.uid, c.gid, c.groups)
		if _, err := io.WriteString(conn, "GET /v1/status HTTP/1.0\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != c.code {
			t.Errorf("uid %d gid %d groups %v: %d, want %d: %s", c.uid, c.gid, c.groups, resp.StatusCode, c.code, body)
		}
		if c.code == 403 && (strings.Contains(string(body), "VI_1") || !strings.Contains(string(body), "uid 65534 may not")) {
			t.Errorf("refusal says %s", body)
		}
	}
}

func TestBounds(t *testing.T) {
	dir, _ := daemon(t)
	for name, c := range map[string]struct {
		request string
		code    int
	}{
		"body":    {"POST /v1/reload HTTP/1.0\r\nContent-Length: 100000\r\n\r\n{\"x\":\"" + strings.Repeat("x", 99994), 400},
		"no JSON": {"POST /v1/reload HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc", 400},
		"unknown": {"POST /v1/reload HTTP/1.0\r\nContent-Length: 11\r\n\r\n{\"x\": true}", 400},
		"header":  {"GET /v1/status HTTP/1.0\r\nX: " + strings.Repeat("x", 100000) + "\r\n\r\n", 431},
		"method":  {"DELETE /v1/status HTTP/1.0\r\n\r\n", 405},
		"path":    {"GET /v2/status HTTP/1.0\r\n\r\n", 404},
		"after":   {"GET /v1/events?after=x HTTP/1.0\r\n\r\n", 400},
		"last":    {"GET /v1/events?last=-1 HTTP/1.0\r\n\r\n", 400},
	} {
		conn, err := dial(filepath.Join(dir, SocketName))
		if err != nil {
			t.Fatal(err)
		}
		go io.WriteString(conn, c.request) // the server may stop reading before the end
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if resp.StatusCode != c.code {
			t.Errorf("%s: %s, want %d", name, resp.Status, c.code)
		}
		resp.Body.Close()
		conn.Close()
	}
}

// Many connections that say nothing do not keep a later one out for long, nor
// do they fill our memory: they wait in the kernel.
func TestCrowd(t *testing.T) {
	dir, _ := daemon(t)
	var crowd []net.Conn
	for range maxConns + 10 {
		conn, err := dial(filepath.Join(dir, SocketName))
		if err != nil {
			t.Fatal(err)
		}
		crowd = append(crowd, conn)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	answered := make(chan error, 1)
	go func() {
		_, err := client(t, dir).Status(ctx)
		answered <- err
	}()
	for _, c := range crowd {
		c.Close()
	}
	if err := <-answered; err != nil {
		t.Error(err)
	}
}
