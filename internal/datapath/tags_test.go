package datapath

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// TestStrippedTagIsSeen sends adverts of VLAN 100 whose tag travels beside the
// frame, as a NIC that strips tags delivers them. They are not eth0's.
func TestStrippedTagIsSeen(t *testing.T) {
	for _, m := range []Mode{TC, Socket} {
		t.Run(string(m), func(t *testing.T) {
			l, d := newLAN(t), load(t, Config{})
			l.attach(t, d, m, m)
			sink := &recorder{}
			start(t, d, sink)
			untag := l.tagSent(t, pushVLAN(t, 100))
			for range 5 {
				l.send(t, frame(advert(7, "192.0.2.8", nil)))
			}
			untag()
			// A tag in the frame, and then an untagged one that comes after all of them.
			l.send(t, frame(advert(7, "192.0.2.8", nil), 100))
			l.send(t, frame(advert(7, peer4, nil)))
			testnet.Eventually(t, patience, sink.heardAtLeast(1))
			if heard := sink.heard(); len(heard) != 1 || heard[0].IP[15] != 9 {
				t.Errorf("heard %d adverts, the first from .%d", len(heard), heard[0].IP[15])
			}
		})
	}
}

// tagSent runs a program on what wire0 sends, until stop is called.
func (l *lan) tagSent(t testing.TB, p *ebpf.Program) (stop func()) {
	t.Helper()
	index := l.Index("wire0")
	if err := l.Netlink().QdiscAdd(clsactQdisc(index)); err != nil {
		t.Fatal(err)
	}
	filter := &netlink.BpfFilter{
		FilterAttrs: netlink.FilterAttrs{
			LinkIndex: index, Parent: netlink.HANDLE_MIN_EGRESS, Handle: 1, Priority: 1, Protocol: unix.ETH_P_ALL,
		},
		Fd: p.FD(), Name: "tagger", DirectAction: true,
	}
	if err := l.Netlink().FilterAdd(filter); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := l.Netlink().QdiscDel(clsactQdisc(index)); err != nil {
			t.Fatal(err)
		}
	}
}

// pushVLAN is a program that gives every frame a tag.
func pushVLAN(t testing.TB, id int32) *ebpf.Program {
	t.Helper()
	const etherTypeVLANSwapped = 0x0081
	p, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.SchedCLS, License: "GPL",
		Instructions: asm.Instructions{
			asm.Mov.Imm(asm.R2, etherTypeVLANSwapped),
			asm.Mov.Imm(asm.R3, id),
			asm.FnSkbVlanPush.Call(),
			asm.Mov.Imm(asm.R0, -1),
			asm.Return(),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// TestHidesTags: without sub-interfaces there is nothing to hide, though veth strips tags.
func TestHidesTags(t *testing.T) {
	l := newLAN(t)
	l.Do(func() {
		if hidden, err := hidesTags(l.ifindex); hidden || err != nil {
			t.Errorf("hidesTags = %v, %v", hidden, err)
		}
		if !stripsTags("eth0") || stripsTags("lo") {
			t.Errorf("stripsTags: eth0 %v, lo %v", stripsTags("eth0"), stripsTags("lo"))
		}
	})
}
