package sockfilter

import (
	"testing"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// The kernel drops what the filter does not take, the next filter replaces the first, and what is no filter is refused.
func TestAttach(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range pair {
		t.Cleanup(func() {
			if err := unix.Close(fd); err != nil {
				t.Error(err)
			}
		})
	}
	begins := func(letter byte) []bpf.Instruction {
		return []bpf.Instruction{
			bpf.LoadAbsolute{Off: 0, Size: 1},
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(letter), SkipFalse: 1},
			bpf.RetConstant{Val: 1 << 16},
			bpf.RetConstant{Val: 0},
		}
	}
	for _, c := range []struct {
		filter []bpf.Instruction
		want   string
	}{
		{begins('a'), "apple"},
		{begins('b'), "banana"},
		{[]bpf.Instruction{bpf.RetConstant{Val: 2}}, "apba"},
	} {
		if err := Attach(pair[1], c.filter); err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"apple", "banana"} {
			if err := unix.Send(pair[0], []byte(word), 0); err != nil {
				// A filter of this family tells the sender that it dropped.
				if err != unix.EPERM {
					t.Fatal(err)
				}
			}
		}
		got, buf := "", make([]byte, 64)
		for {
			n, err := unix.Read(pair[1], buf)
			if err == unix.EAGAIN {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			got += string(buf[:n])
		}
		if got != c.want {
			t.Errorf("came through: %q, want %q", got, c.want)
		}
	}
	for name, filter := range map[string][]bpf.Instruction{
		"empty":          nil,
		"without an end": {bpf.LoadAbsolute{Off: 0, Size: 1}},
		"no instruction": {bpf.LoadAbsolute{Off: 0, Size: 3}},
	} {
		if err := Attach(pair[1], filter); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if err := Attach(-1, begins('a')); err == nil {
		t.Error("a filter for no socket: taken")
	}
}
