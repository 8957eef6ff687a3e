package systemd

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func contextOf(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// An answer is what the fake says to a question in which all words occur.
type answer struct {
	words []string
	body  busWriter
}

// text is a variant that holds a string.
func text(s string) (w busWriter) {
	w.b = append(w.b, 1, 's', 0)
	w.str(s)
	return w
}

// states answers for the ActiveState of units.
func states(all map[string]string) (list []answer) {
	for path, state := range all {
		list = append(list, answer{[]string{path, "ActiveState"}, text(state)})
	}
	return list
}

// fakeSystemd answers property calls as systemd does, behind a bus or not.
func fakeSystemd(t *testing.T, hello bool, known []answer) Bus {
	t.Helper()
	b := Bus{Path: filepath.Join(t.TempDir(), "bus"), Hello: hello}
	l, err := net.Listen("unix", b.Path)
	must(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go answerBus(conn, known)
		}
	}()
	return b
}

func answerBus(conn net.Conn, known []answer) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	if line, err := r.ReadString('\n'); err != nil || !strings.HasPrefix(line, "\x00AUTH EXTERNAL 3") { // "0" is 30
		return
	}
	io.WriteString(conn, "OK 0123456789abcdef\r\n")
	if line, err := r.ReadString('\n'); err != nil || line != "BEGIN\r\n" {
		return
	}
	for serial := uint32(1); ; serial++ {
		head := make([]byte, 16)
		if _, err := io.ReadFull(r, head); err != nil {
			return
		}
		fields, body := binary.LittleEndian.Uint32(head[12:]), binary.LittleEndian.Uint32(head[4:])
		rest := make([]byte, int(fields+7)&^7+int(body))
		if _, err := io.ReadFull(r, rest); err != nil {
			return
		}
		found, kind, reply := false, byte(busReturn), busWriter{}
		for _, a := range known {
			if !found && contains(string(rest), a.words) {
				found, reply = true, a.body
			}
		}
		switch {
		case strings.Contains(string(rest), "Hello\x00"):
			reply.str(":1.7")
		case !found:
			kind = busError
			reply.str("Unit no-such.service not found.")
		}
		// A signal that nobody asked for comes first.
		for _, m := range []struct {
			kind byte
			to   uint32
		}{{4, 0}, {kind, serial}} {
			w := busWriter{b: []byte{'l', m.kind, 1, 1}}
			w.u32(uint32(len(reply.b)))
			w.u32(100 + serial)
			w.u32(0)
			w.align(8)
			w.b = append(w.b, fieldReplyTo, 1, 'u', 0)
			w.u32(m.to)
			w.field(fieldErrName, 's', "org.freedesktop.systemd1.NoSuchUnit")
			w.field(fieldSig, 'g', "v")
			binary.LittleEndian.PutUint32(w.b[12:], uint32(len(w.b)-16))
			w.align(8)
			conn.Write(append(w.b, reply.b...))
		}
	}
}

func contains(message string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(message, w+"\x00") {
			return false
		}
	}
	return true
}

func TestSystemd(t *testing.T) {
	known := states(map[string]string{
		"/org/freedesktop/systemd1/unit/haproxy_2eservice": "active",
		"/org/freedesktop/systemd1/unit/a_40b_2esocket":    "reloading",
		"/org/freedesktop/systemd1/unit/_31st_2eservice":   "failed",
	})
	missing := Bus{Path: "/no/such/bus"}
	for _, buses := range [][]Bus{{fakeSystemd(t, false, known)}, {missing, fakeSystemd(t, true, known)}} {
		for unit, want := range map[string]string{
			"haproxy": "", "haproxy.service": "", "a@b.socket": "", "1st": "1st is failed",
			"other": "Unit no-such.service not found.",
		} {
			ctx := contextOf(t)
			err := Active(ctx, buses, unit)
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", unit, err, want)
			}
		}
	}
	ctx := contextOf(t)
	if err := Active(ctx, []Bus{missing, missing}, "x"); err == nil {
		t.Error("no bus, no error")
	}
}

// A bus that says nothing costs no more than the timeout.
func TestSystemdSilent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bus")
	l, err := net.Listen("unix", path)
	must(t, err)
	defer l.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := Active(ctx, []Bus{{Path: path}}, "x"); err == nil {
		t.Error("no answer, no error")
	}
}

// What is being done with our own unit: nothing, a stop, a restart.
func TestOwnUnit(t *testing.T) {
	const me = "/org/freedesktop/systemd1/unit/me_2eservice"
	job := func(number uint32, path string) (w busWriter) {
		w.b = append(append(w.b, 4), "(uo)\x00"...)
		w.align(8)
		w.u32(number)
		w.str(path)
		return w
	}
	var self busWriter
	self.str(me)
	for want, last := range map[string][]answer{
		"":        {{[]string{me, "Job"}, job(0, "/")}},
		"stop":    {{[]string{me, "Job"}, job(7, managerPath+"/job/7")}, {[]string{managerPath + "/job/7", "JobType"}, text("stop")}},
		"restart": {{[]string{me, "Job"}, job(8, managerPath+"/job/8")}, {[]string{managerPath + "/job/8", "JobType"}, text("restart")}},
	} {
		known := append([]answer{{[]string{"GetUnitByPID"}, self}, {[]string{me, "ActiveState"}, text("deactivating")}}, last...)
		u, err := Own(contextOf(t), []Bus{fakeSystemd(t, true, known)})
		must(t, err)
		got, err := u.Job(contextOf(t))
		if err != nil || got != want {
			t.Errorf("job %q, %v, want %q", got, err, want)
		}
		if state, err := u.State(contextOf(t)); err != nil || state != "deactivating" {
			t.Errorf("state %q, %v", state, err)
		}
	}
	if _, err := Own(contextOf(t), []Bus{fakeSystemd(t, true, nil)}); err == nil {
		t.Error("a process of no unit has one")
	}
	broken := []answer{{[]string{"GetUnitByPID"}, self}, {[]string{me, "Job"}, text("restart")}}
	u, err := Own(contextOf(t), []Bus{fakeSystemd(t, true, broken)})
	must(t, err)
	if kind, err := u.Job(contextOf(t)); err == nil {
		t.Errorf("a job that is a string was read as %q", kind)
	}
}

func FuzzBusReader(f *testing.F) {
	f.Add([]byte{5, 1, 'u', 0, 1, 0, 0, 0, 4, 1, 's', 0, 1, 0, 0, 0, 'x', 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := &busReader{b: b, order: binary.LittleEndian}
		for r.at < len(b) {
			if _, _, err := r.field(0, ""); err != nil {
				return
			}
		}
	})
}
