package survey

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// asks is Who on eth0 of a host.
func asks(t *testing.T, h *testnet.Host, addr string, within time.Duration) (answers []Answer) {
	t.Helper()
	h.Do(func() {
		var err error
		answers, err = Who(t.Context(), h.Index("eth0"), netip.MustParseAddr(addr), within)
		if err != nil {
			t.Fatal(err)
		}
	})
	return answers
}

const window = 400 * time.Millisecond

func TestWho(t *testing.T) {
	for family, vip := range map[string][2]string{
		"IPv4": {"192.0.2.100", "/24"}, "IPv6": {"2001:db8::100", "/64"}, "another subnet": {"198.51.100.7", "/32"},
	} {
		t.Run(family, func(t *testing.T) {
			t.Parallel()
			n := testnet.New(t)
			sw := n.Switch("lan")
			asker, a, b := n.Host("asker"), n.Host("a"), n.Host("b")
			sw.Connect(asker, "eth0", "192.0.2.1/24", "2001:db8::1/64")
			pa := sw.Connect(a, "eth0", "192.0.2.2/24", "2001:db8::2/64")
			pb := sw.Connect(b, "eth0", "192.0.2.3/24", "2001:db8::3/64")
			asker.Firewall(lab.EstablishedOnly)

			if got := asks(t, asker, vip[0], window); len(got) != 0 {
				t.Errorf("nobody holds it: %+v", got)
			}
			a.AddAddress("eth0", vip[0]+vip[1])
			testnet.Eventually(t, 5*time.Second, func() error { // an IPv6 address is there a moment later
				got := asks(t, asker, vip[0], window)
				if len(got) != 1 || got[0].MAC != MAC(pa.MAC) || got[0].Local || got[0].Unasked {
					return errors.New("one holds it")
				}
				if got[0].Took <= 0 || got[0].Took > window || got[0].Count < 2 {
					t.Errorf("%+v", got[0])
				}
				return nil
			})
			b.AddAddress("eth0", vip[0]+vip[1])
			testnet.Eventually(t, 5*time.Second, func() error {
				got := asks(t, asker, vip[0], window)
				if len(got) != 2 || got[0].MAC == got[1].MAC || got[0].MAC != MAC(pa.MAC) && got[0].MAC != MAC(pb.MAC) {
					return errors.New("two hold it")
				}
				return nil
			})
			got := asks(t, a, vip[0], window)
			if len(got) != 2 || !got[0].Local || got[0].MAC != MAC(pa.MAC) || got[1].MAC != MAC(pb.MAC) {
				t.Errorf("asked by one of two that hold it: %+v", got)
			}
		})
	}
}

// A host without an address of the family can ask, too.
func TestWhoWithoutAnAddress(t *testing.T) {
	n := testnet.New(t)
	sw := n.Switch("lan")
	asker, a := n.Host("asker"), n.Host("a")
	asker.Sysctl("net/ipv6/conf/all/disable_ipv6", "1")
	asker.Sysctl("net/ipv6/conf/default/disable_ipv6", "1")
	sw.Connect(asker, "eth0")
	pa := sw.Connect(a, "eth0", "192.0.2.2/24", "2001:db8::2/64")
	for _, addr := range []string{"192.0.2.2", "2001:db8::2"} {
		testnet.Eventually(t, 5*time.Second, func() error {
			if got := asks(t, asker, addr, window); len(got) != 1 || got[0].MAC != MAC(pa.MAC) || got[0].Unasked {
				return errors.New(addr + ": no answer")
			}
			return nil
		})
	}
}

func TestWhoEndsWithItsContext(t *testing.T) {
	h := testnet.New(t).Host("a")
	h.Veth("eth0", "wire0", "192.0.2.1/24")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begun := time.Now()
	h.Do(func() {
		_, err := Who(ctx, h.Index("eth0"), netip.MustParseAddr("192.0.2.9"), time.Minute)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
	})
	if took := time.Since(begun); took > 30*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestWhoRefuses(t *testing.T) {
	h := testnet.New(t).Host("a")
	h.Veth("eth0", "wire0")
	h.Do(func() {
		for _, addr := range []string{"224.0.0.18", "0.0.0.0", "ff02::1"} {
			if _, err := Who(t.Context(), h.Index("eth0"), netip.MustParseAddr(addr), window); err == nil {
				t.Errorf("%s: asked", addr)
			}
		}
		if _, err := Who(t.Context(), 9999, netip.MustParseAddr("192.0.2.1"), window); err == nil {
			t.Error("no interface: asked")
		}
	})
}
