package test

import (
	"fmt"
	"net"
	"strings"
	"time"
)

// blow is one thing that somebody does to the host. It fails where the moment does not allow it, and that is no error:
// an address that is deleted may be gone already.
type blow struct {
	what string
	do   func(x *chaotic) error
}

// The soft ones come four times as often as the hard ones, after which a director needs a while to be master again.
var soft = []blow{
	{"delete a virtual address", func(x *chaotic) error { return x.deleteVIP() }},
	{"delete a virtual address", func(x *chaotic) error { return x.deleteVIP() }},
	{"add a virtual address by hand", func(x *chaotic) error { return x.addVIP() }},
	{"delete the routes", func(x *chaotic) error { return x.ip("route", "flush", "table", "177") }},
	{"delete a route", func(x *chaotic) error { return x.ip("route", "del", "10.79.0.0/16") }},
	{"delete an IPv6 route", func(x *chaotic) error { return x.ip("-6", "route", "del", "2001:db8:77::/48") }},
	{"delete a rule", func(x *chaotic) error { return x.ip("rule", "del", "preference", fmt.Sprint(1000+x.dice.IntN(2))) }},
	{"delete the IPv6 rule", func(x *chaotic) error { return x.ip("-6", "rule", "del", "preference", "1002") }},
	{"add a foreign address", func(x *chaotic) error { return x.addForeign() }},
	{"another MTU", func(x *chaotic) error { return x.mtu(1200 + x.dice.IntN(300)) }},
	{"another hardware address", func(x *chaotic) error { return x.readdress() }},
	{"eth1 down and up", func(x *chaotic) error { return x.flap("eth1") }},
}

var hard = []blow{
	{"flush eth0", func(x *chaotic) error { return x.flush() }},
	{"eth0 down and up", func(x *chaotic) error { return x.flap("eth0") }},
	{"pull the cable and put it back", func(x *chaotic) error { return x.replug() }},
	{"rename eth0 and back", func(x *chaotic) error { return x.rename() }},
	{"take the primary address away and bring it back", func(x *chaotic) error { return x.primary() }},
	{"delete eth0 and make it anew", func(x *chaotic) error { return x.remake() }},
}

// torment strikes at random for a while.
func (x *chaotic) torment(during time.Duration) {
	x.t.Helper()
	for end := time.Now().Add(during); time.Now().Before(end); x.pause(80) {
		kind := soft
		if x.dice.IntN(5) == 0 {
			kind = hard
		}
		b := kind[x.dice.IntN(len(kind))]
		began := time.Now()
		err := b.do(x)
		x.log = append(x.log, fmt.Sprintf("%s %s: %v", began.Format("15:04:05.000"), b.what, err))
	}
}

// pause is some milliseconds, often none: what comes at once is worst.
func (x *chaotic) pause(most int) {
	if x.dice.IntN(3) > 0 {
		time.Sleep(time.Duration(x.dice.IntN(most)) * time.Millisecond)
	}
}

func (x *chaotic) deleteVIP() error {
	f := strings.Fields(chaosHoldings.addresses[x.dice.IntN(len(chaosHoldings.addresses))])
	return x.ip("address", "del", f[1], "dev", f[0])
}

// addVIP does by hand what only the daemon should: an address that is as it would be, but for who added it.
func (x *chaotic) addVIP() error {
	f := strings.Fields(chaosHoldings.addresses[x.dice.IntN(len(chaosHoldings.addresses))])
	return x.ip("address", "add", f[1], "dev", f[0])
}

func (x *chaotic) flush() error {
	clear(x.foreign)
	err := x.ip("address", "flush", "dev", "eth0", "scope", "global")
	x.pause(300)
	x.own()
	return err
}

func (x *chaotic) addForeign() error {
	a := fmt.Sprintf("198.51.100.%d/24", 1+x.dice.IntN(200))
	err := x.ip("address", "add", a, "dev", "eth0")
	if err == nil {
		x.foreign[a] = true
	}
	return err
}

func (x *chaotic) flap(link string) error {
	if err := x.ip("link", "set", link, "down"); err != nil {
		return err
	}
	x.pause(200)
	return x.ip("link", "set", link, "up")
}

func (x *chaotic) replug() error {
	if err := x.n.port.Unplug(); err != nil {
		return err
	}
	x.pause(200)
	return x.n.port.Plug()
}

func (x *chaotic) rename() error {
	for _, step := range [][]string{{"eth0", "down"}, {"eth0", "name", "wan0"}, {"wan0", "up"}, nil, {"wan0", "down"}, {"wan0", "name", "eth0"}, {"eth0", "up"}} {
		if step == nil {
			x.pause(300)
			continue
		}
		if err := x.ip(append([]string{"link", "set"}, step...)...); err != nil {
			return err
		}
	}
	return nil
}

func (x *chaotic) readdress() error {
	mac := net.HardwareAddr{2, 0, 0x5e, 9, byte(x.dice.IntN(256)), byte(x.dice.IntN(256))}
	return x.ip("link", "set", "eth0", "address", mac.String())
}

func (x *chaotic) mtu(bytes int) error { return x.ip("link", "set", "eth0", "mtu", fmt.Sprint(bytes)) }

func (x *chaotic) primary() error {
	err := x.ip("address", "del", x.n.ip+"/24", "dev", "eth0")
	x.pause(300)
	x.own()
	return err
}

func (x *chaotic) remake() error {
	l, err := x.n.Netlink().LinkByName("eth0")
	if err != nil {
		return err
	}
	if err := x.n.Netlink().LinkDel(l); err != nil {
		return err
	}
	clear(x.foreign)
	x.pause(300)
	x.n.port = x.sw.Connect(x.n.Host, "eth0", x.n.ip+"/24")
	return nil
}

// own gives the host its own address back, first in its subnet again or not.
func (x *chaotic) own() { _ = x.ip("address", "add", x.n.ip+"/24", "dev", "eth0") } // it may be there

// quiet ends the chaos: what is the host's own is as it was.
func (x *chaotic) quiet() {
	x.t.Helper()
	if l, err := x.n.Netlink().LinkByName("eth0"); err != nil {
		x.t.Fatalf("eth0 got lost: %v", err)
	} else if l.Attrs().Flags&net.FlagUp == 0 {
		x.n.Up("eth0")
	}
	x.own()
	_ = x.mtu(1500)
	x.log = append(x.log, time.Now().Format("15:04:05.000")+" quiet")
}

// ip runs iproute2, whose complaints are for the log of what was done.
func (x *chaotic) ip(args ...string) error {
	_, err := x.n.Host.Host.Run("ip", args...)
	return err
}
