package datapath

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// court runs frames through the loaded program by the kernel's test-run. The
// kernel says that they arrive on the loopback interface, index 1; nothing is
// attached to it.
type court struct {
	*Datapath
	hook string
}

const courtIfIndex = 1

// inEveryCourt runs a test for both programs.
func inEveryCourt(t *testing.T, cfg Config, f func(t *testing.T, c *court)) {
	for _, hook := range []string{"xdp", "tc"} {
		t.Run(hook, func(t *testing.T) { f(t, newCourt(t, cfg, hook)) })
	}
}

func newCourt(t testing.TB, cfg Config, hook string) *court {
	t.Helper()
	c := &court{load(t, cfg), hook}
	if err := c.introduce(courtIfIndex); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *court) program() *ebpf.Program {
	if c.hook == "xdp" {
		return c.objects.XDP
	}
	return c.objects.TC
}

// ruling is what the program did with one frame.
type ruling struct {
	passed  bool
	verdict string // "" when nothing was counted
	record  *wire.Datagram
}

func (r ruling) String() string {
	action, record := "drop", ""
	if r.passed {
		action = "pass"
	}
	if r.record != nil {
		record = fmt.Sprintf(", record of %d bytes", len(r.record.IP))
	}
	return fmt.Sprintf("%s, %q%s", action, r.verdict, record)
}

// judge runs one frame and checks that it came out as it went in.
func (c *court) judge(t testing.TB, frame []byte) ruling {
	t.Helper()
	before := c.counts(t)
	out := make([]byte, len(frame)+256)
	opts := &ebpf.RunOptions{Data: frame, DataOut: out, Repeat: 1}
	ret, err := c.program().Run(opts)
	if err != nil {
		t.Fatalf("test-run of %d bytes: %v", len(frame), err)
	}
	if !bytes.Equal(opts.DataOut, frame) {
		t.Fatalf("the program changed the frame:\n%x\n%x", frame, opts.DataOut)
	}
	r := ruling{passed: c.passed(t, ret)}
	for v, n := range c.counts(t) {
		switch n - before[v] {
		case 0:
		case 1:
			if r.verdict != "" {
				t.Fatalf("counted twice: %s and %s", r.verdict, Verdict(v))
			}
			r.verdict = Verdict(v).String()
		default:
			t.Fatalf("%s went up by %d", Verdict(v), n-before[v])
		}
	}
	r.record = c.takeRecord(t)
	return r
}

// judgeQuietly runs one frame and leaves the record in the ring.
func (c *court) judgeQuietly(t testing.TB, frame []byte) Verdict {
	t.Helper()
	before := c.counts(t)
	if _, err := c.program().Run(&ebpf.RunOptions{Data: frame, Repeat: 1}); err != nil {
		t.Fatal(err)
	}
	for v, n := range c.counts(t) {
		if n != before[v] {
			return Verdict(v)
		}
	}
	return verdicts
}

// runs reports whether the kernel's test-run takes a frame at all: for XDP it
// wants a whole Ethernet header, for tc the IP header behind it too.
func (c *court) runs(frame []byte) bool {
	switch {
	case len(frame) < 14:
		return false
	case c.hook == "tc" && frame[12] == 0x08 && frame[13] == 0x00:
		return len(frame) >= 14+20
	case c.hook == "tc" && frame[12] == 0x86 && frame[13] == 0xdd:
		return len(frame) >= 14+40
	}
	return true
}

func (c *court) passed(t testing.TB, ret uint32) bool {
	t.Helper()
	switch {
	case c.hook == "xdp" && ret == 2, c.hook == "tc" && int32(ret) == -1:
		return true
	case c.hook == "xdp" && ret == 1, c.hook == "tc" && ret == 2:
		return false
	}
	t.Fatalf("%s returned %d", c.hook, int32(ret))
	return false
}

func (c *court) counts(t testing.TB) [verdicts]uint64 {
	t.Helper()
	sum, err := c.tally(courtIfIndex)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// takeRecord reads the one advert record in the ring, if there is one.
func (c *court) takeRecord(t testing.TB) *wire.Datagram {
	t.Helper()
	limit := c.ring.end()
	record, busy := c.ring.peek(limit)
	if busy {
		t.Fatal("a record is still being written")
	}
	for record != nil && kindOf(record) == vrrpEventKindEVENT_CLAIM {
		c.ring.pop()
		record, _ = c.ring.peek(limit)
	}
	if record == nil {
		return nil
	}
	d, _, err := c.advert(record)
	if err != nil {
		t.Fatal(err)
	}
	d.IP = bytes.Clone(d.IP)
	c.ring.pop()
	if more, _ := c.ring.peek(limit); more != nil {
		t.Fatal("two records for one frame")
	}
	return &d
}

// refill gives every bucket its tokens back, so that one case does not pay for
// another.
func (c *court) refill(t testing.TB) {
	t.Helper()
	if err := c.introduce(courtIfIndex); err != nil {
		t.Fatal(err)
	}
	for k := range c.table.routers {
		if err := c.objects.Heard.Put(&k, &vrrpHistory{}); err != nil {
			t.Fatal(err)
		}
	}
	for k, v := range c.table.parties {
		if err := c.objects.Parties.Put(&k, &v); err != nil {
			t.Fatal(err)
		}
	}
	var key vrrpSourceKey
	for c.objects.Sources.NextKey(nil, &key) == nil {
		if err := c.objects.Sources.Delete(&key); err != nil {
			t.Fatal(err)
		}
	}
}

// runOptions runs a frame once. The result is thrown away.
func runOptions(frame []byte) *ebpf.RunOptions { return &ebpf.RunOptions{Data: frame, Repeat: 1} }
