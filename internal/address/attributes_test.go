package address

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Every attribute arrives in the kernel as it was asked for.
func TestAttributes(t *testing.T) {
	ip := netip.MustParseAddr
	for _, tc := range []struct {
		name   string
		change func(*Address)
		prefix string
		want   func(fact) bool
	}{
		{"plain", nil, "192.0.2.10/24", func(f fact) bool {
			return f.label == "eth0" && !f.broadcast.IsValid() && f.scope == 0 && f.preferred == infinity &&
				f.flags&unix.IFA_F_PERMANENT != 0 && f.proto == tag
		}},
		{"label", func(a *Address) { a.Label = "eth0:vip" }, "192.0.2.10/24", func(f fact) bool { return f.label == "eth0:vip" }},
		{"foreign label", func(a *Address) { a.Label = "other:123456789" }, "192.0.2.10/24", func(f fact) bool { return f.label == "other:123456789" }},
		{"broadcast", func(a *Address) { a.Broadcast = ip("192.0.2.255") }, "192.0.2.10/24", func(f fact) bool { return f.broadcast == ip("192.0.2.255") }},
		{"scope", func(a *Address) { a.Scope = unix.RT_SCOPE_LINK }, "192.0.2.10/24", func(f fact) bool { return f.scope == unix.RT_SCOPE_LINK }},
		{"peer", func(a *Address) { a.Peer = ip("198.51.100.1") }, "192.0.2.10/32", func(f fact) bool { return f.peer == ip("198.51.100.1") }},
		{"no prefix route", func(a *Address) { a.NoPrefixRoute = true }, "192.0.2.10/24", func(f fact) bool { return f.flags&unix.IFA_F_NOPREFIXROUTE != 0 }},
		{"preferred", func(a *Address) { a.PreferredLifetime = time.Hour }, "2001:db8::10/64", func(f fact) bool { return f.preferred > 3500 && f.preferred <= 3600 }},
		{"deprecated v4", func(a *Address) { a.Deprecated = true }, "192.0.2.10/24", func(f fact) bool { return f.flags&unix.IFA_F_DEPRECATED != 0 }},
		{"deprecated", func(a *Address) { a.Deprecated = true }, "2001:db8::10/128", func(f fact) bool { return f.preferred == 0 && f.flags&unix.IFA_F_DEPRECATED != 0 }},
		{"plain v6", nil, "2001:db8::10/64", func(f fact) bool {
			return f.flags&unix.IFA_F_TENTATIVE == 0 && f.proto == tag && f.preferred == infinity
		}},
		{"home", func(a *Address) { a.Home = true }, "2001:db8::10/64", func(f fact) bool { return f.flags&unix.IFA_F_HOMEADDRESS != 0 }},
		{"temporary", func(a *Address) { a.MngTmpAddr = true }, "2001:db8::10/64", func(f fact) bool { return f.flags&unix.IFA_F_MANAGETEMPADDR != 0 }},
		{"peer v6", func(a *Address) { a.Peer = ip("2001:db8:1::1") }, "2001:db8::10/128", func(f fact) bool { return f.peer == ip("2001:db8:1::1") }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := host(t)
			a, _ := open(t, h, journalIn(t))
			x := vip(tc.prefix)
			if tc.change != nil {
				tc.change(&x)
			}
			claim(t, a, "VI_1", x)
			if f := factOf(t, a, x); !tc.want(f) {
				t.Errorf("%s became %+v", x, f)
			}
			// What we added is recognised as what we want, and can be taken away.
			if f, e := factOf(t, a, x), (&entry{Address: x}); !e.matches(f) {
				t.Errorf("%+v does not match %+v", e, f)
			}
			if err := a.Release("VI_1"); err != nil {
				t.Error(err)
			}
			same(t, "released", global(h), nil)
		})
	}
}

// An IPv6 address can be bound at once although the host does duplicate address detection.
func TestIPv6IsUsableAtOnce(t *testing.T) {
	h := host(t)
	h.Sysctl("net/ipv6/conf/eth0/accept_dad", "1")
	h.Sysctl("net/ipv6/conf/eth0/dad_transmits", "3")
	a, _ := open(t, h, "")
	claim(t, a, "VI_1", vip("2001:db8::10/64"))
	h.Do(func() {
		c, err := net.ListenPacket("udp6", "[2001:db8::10]:0")
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})

	// With detection asked for, the address is tentative first.
	slow := vip("2001:db8::11/64")
	slow.DAD = true
	claim(t, a, "VI_2", slow)
	if f := factOf(t, a, slow); f.flags&unix.IFA_F_TENTATIVE == 0 {
		t.Errorf("flags %#x: not tentative", f.flags)
	}
}
