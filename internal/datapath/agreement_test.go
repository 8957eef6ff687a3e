package datapath

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// rulesOf are wire's rules for the same virtual routers, in version 2 and in
// version 3 since the program does not know which one is configured. Those of
// second paths come apart.
func rulesOf(t testing.TB, routers []Router) (adverts, heartbeats []*wire.Rules) {
	t.Helper()
	for _, r := range routers {
		if !r.Multicast && len(r.Peers) == 0 { // for wire unicast means that there are peers
			continue
		}
		for _, version := range []uint8{wire.V2, wire.V3} {
			if version == wire.V2 && r.Family == wire.IPv6 || version == wire.V3 && r.AH || version == wire.V2 && r.Heartbeat {
				continue
			}
			s := wire.Settings{
				Family: r.Family, Version: version, VRID: r.VRID, Interval: time.Second,
				Source: r.Local, Local: r.Own, Group: r.Group, Peers: r.Peers, OldUnicastChecksum: true,
			}
			if r.AH {
				s.Auth = wire.Auth{Type: wire.AuthAH, Password: wire.NewPassword("secret")}
			}
			rules, err := wire.NewRules(s)
			if err != nil {
				t.Fatal(err)
			}
			if r.Heartbeat {
				heartbeats = append(heartbeats, rules)
			} else {
				adverts = append(adverts, rules)
			}
		}
	}
	return adverts, heartbeats
}

// wireAccepts asks every rule: what any of them accepts must reach it.
func wireAccepts(rules, heartbeats []*wire.Rules, frame []byte) bool {
	ip, reject := wire.Ethernet(frame)
	if reject != wire.None {
		return false
	}
	p, reject := wire.Open(ip)
	if beat, ok := p.Heartbeat(); ok {
		p, reject, rules = beat, wire.None, heartbeats
	}
	if reject != wire.None {
		return false
	}
	for _, r := range rules {
		q := p
		if _, reject := r.Check(&q, time.Unix(0, 0)); reject == wire.None {
			return true
		}
	}
	return false
}

// repair makes the VRRP checksum right again after a mutation, so that the
// checks behind it are reached. pseudo sums the pseudo-header too.
func repair(frame []byte, pseudo bool) {
	ip, reject := wire.Ethernet(frame)
	if reject != wire.None {
		return
	}
	p, reject := wire.Open(ip)
	if m := p.Message(); (reject == wire.None || reject == wire.TTL) && len(m) >= 8 {
		m[6], m[7] = 0, 0
		var sum uint32
		if pseudo || p.Family() == wire.IPv6 {
			src, dst := p.Src().As16(), p.Dst().As16()
			if p.Family() == wire.IPv4 {
				a, b := p.Src().As4(), p.Dst().As4()
				sum = add16(a[:], add16(b[:], 0))
			} else {
				sum = add16(src[:], add16(dst[:], 0))
			}
			sum += 112 + uint32(len(m))
		}
		sum = add16(m, sum)
		for sum > 0xffff {
			sum = sum>>16 + sum&0xffff
		}
		binary.BigEndian.PutUint16(m[6:], ^uint16(sum))
	}
}

func add16(b []byte, sum uint32) uint32 {
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	return sum
}

// FuzzAgreement holds the program against wire: nothing that wire accepts is
// dropped without a record, and what is no advert passes untouched.
func FuzzAgreement(f *testing.F) {
	for _, c := range tableCases() {
		f.Add(c.frame, byte(0))
		f.Add(c.frame, byte(1))
	}
	for _, v := range loadVectors(f) {
		f.Add(v.frame(f), byte(2))
	}
	routers := tableRouters()
	rules, heartbeats := rulesOf(f, routers)
	courts := []*court{newCourt(f, Config{}, "xdp"), newCourt(f, Config{}, "tc")}
	for _, c := range courts {
		if err := c.SetRouters(routers); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, frame []byte, fix byte) {
		if len(frame) > 3000 { // more than fits into the page of a test-run
			return
		}
		if fix%3 > 0 {
			repair(frame, fix%3 == 1)
		}
		accepted := wireAccepts(rules, heartbeats, frame)
		var rulings []ruling
		for _, c := range courts {
			if !c.runs(frame) {
				return
			}
			c.refill(t)
			r := c.judge(t, frame)
			rulings = append(rulings, r)
			taken := r.verdict == "accepted" || r.verdict == "consumed"
			if accepted && (!taken || r.record == nil) {
				t.Errorf("%s: wire accepts, the program says %v: %x", c.hook, r, frame)
			}
			if !r.passed && r.record == nil {
				t.Errorf("%s: dropped without a record: %v: %x", c.hook, r, frame)
			}
		}
		if rulings[0].passed != rulings[1].passed || rulings[0].verdict != rulings[1].verdict {
			t.Errorf("xdp: %v, tc: %v: %x", rulings[0], rulings[1], frame)
		}
	})
}
