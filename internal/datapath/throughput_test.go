package datapath

import (
	"slices"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// BenchmarkThroughput sends packets of nobody's through a veth pair: bare, with
// an empty program on the receiving end and with ours, turn by turn in one run.
// "ours/bare" is what attaching us costs, "ours/empty" what our program costs in
// that: native XDP on veth copies what a socket sent, for whatever program.
func BenchmarkThroughput(b *testing.B) {
	for _, c := range []struct {
		name string
		mode Mode
		cfg  Config
	}{
		{"xdp", XDP, Config{}},
		{"xdp-fenced", XDP, Config{Fence: true}},
		{"xdp-generic", XDPGeneric, Config{}},
		{"tc", TC, Config{}},
		{"tc-fenced", TC, Config{Fence: true}},
		{"socket", Socket, Config{}},
	} {
		b.Run(c.name, func(b *testing.B) { throughput(b, c.mode, c.cfg) })
	}
}

func throughput(b *testing.B, m Mode, cfg Config) {
	l, d := newLAN(b), load(b, cfg)
	send := l.burst(b)
	turns := []struct {
		attach func() (remove func())
		pps    []float64
	}{
		{attach: func() func() { return func() {} }},
		{attach: func() func() { return l.attachEmpty(b, m) }},
		{attach: func() func() { return l.attachOurs(b, d, m) }},
	}
	const rounds = 31
	for round := range rounds {
		for i := range turns { // each is first, second and last equally often
			turn := &turns[(round+i)%len(turns)]
			remove := turn.attach()
			turn.pps = append(turn.pps, send())
			remove()
		}
	}
	bare, empty, ours := turns[0].pps, turns[1].pps, turns[2].pps
	b.ReportMetric(quotient(ours, bare), "ours/bare")
	b.ReportMetric(quotient(ours, empty), "ours/empty")
	b.ReportMetric(slices.Max(bare), "bare-pps")
	b.ReportMetric(slices.Max(ours), "ours-pps")
	b.ReportMetric(0, "ns/op")
}

// quotient is the median of what each round says, so that rounds in which
// somebody else had the processor count little.
func quotient(a, b []float64) float64 {
	var list []float64
	for i := range a {
		list = append(list, a[i]/b[i])
	}
	slices.Sort(list)
	return list[len(list)/2]
}

// attachOurs attaches the program with one router, and the fence if it is on.
func (l *lan) attachOurs(b *testing.B, d *Datapath, m Mode) (remove func()) {
	b.Helper()
	l.attach(b, d, m, m)
	if d.cfg.Fence {
		hold(b, d, l.ifindex, testLease)
	}
	return func() {
		l.Do(func() {
			if err := d.Detach(l.ifindex); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// attachEmpty attaches a program that passes everything; a packet socket has none.
func (l *lan) attachEmpty(b *testing.B, m Mode) (remove func()) {
	b.Helper()
	var attached link.Link
	var err error
	l.Do(func() {
		switch m {
		case XDP, XDPGeneric:
			flags := map[Mode]link.XDPAttachFlags{XDP: link.XDPDriverMode, XDPGeneric: link.XDPGenericMode}[m]
			attached, err = link.AttachXDP(link.XDPOptions{Program: l.emptyXDP(b), Interface: l.ifindex, Flags: flags})
		case TC:
			attached, err = link.AttachTCX(link.TCXOptions{
				Program: passAll(b, ebpf.SchedCLS, -1), Interface: l.ifindex, Attach: ebpf.AttachTCXIngress,
			})
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	return func() {
		if attached == nil {
			return
		}
		if err := releaseLink(attached); err != nil {
			b.Fatal(err)
		}
	}
}

// emptyXDP takes frames of several buffers as ours does: the kernel prepares
// frames for such programs in another way.
func (l *lan) emptyXDP(b *testing.B) *ebpf.Program {
	b.Helper()
	p, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.XDP, License: "MIT", Flags: unix.BPF_F_XDP_HAS_FRAGS,
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 2), asm.Return()},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { p.Close() })
	return p
}

const (
	burstTime  = 50 * time.Millisecond
	burstBatch = 64
)

// burst returns what sends for burstTime and returns how many packets a second
// eth0 took in. The stack throws them away at once, for their wrong checksum:
// what it does with others would hide our share.
func (l *lan) burst(b *testing.B) func() float64 {
	b.Helper()
	f := ipv4To("198.51.100.1")
	copy(f, l.Link("eth0").Attrs().HardwareAddr)
	to := &unix.SockaddrLinklayer{Ifindex: l.Index("wire0")}
	received := func() uint64 { return l.Link("eth0").Attrs().Statistics.RxPackets }
	return func() float64 {
		before, begin := received(), time.Now()
		for end := begin.Add(burstTime); time.Now().Before(end); {
			for range burstBatch {
				if err := unix.Sendto(l.wire, f, 0, to); err != nil && err != unix.ENOBUFS {
					b.Fatal(err)
				}
			}
		}
		took := time.Since(begin)
		return float64(received()-before) / took.Seconds()
	}
}
