package test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/testnet"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// A goodbye in the name of somebody who is not the master starts no election; it is told, with who said it.
func TestSpoofedGoodbyeOfAStranger(t *testing.T) {
	t.Parallel()
	r := newRaid(t, settings[0])
	testnet.Eventually(t, patience, func() error {
		if s := r.b.instance(); s.Master.Address != r.a.ip {
			return fmt.Errorf("b follows %q", s.Master.Address)
		}
		return nil
	})
	for range 10 {
		if err := r.send(junkAdvert(stranger, func(a *wire.Advert) { a.Priority, a.Interval = 0, time.Second })); err != nil {
			t.Fatal(err)
		}
	}
	if e := r.b.happened("guard", "foreign_goodbye"); !strings.Contains(e.Text, stranger) || e.Evidence.Remedy == "" {
		t.Errorf("the event has not the evidence: %+v", e)
	}
	r.stays(peersVIP, "a", 2*time.Second) // longer than the skew
	if n := r.elections(); n != 0 {
		t.Errorf("%d elections because of a stranger's goodbye", n)
	}
}

// Goodbyes without end in a dead master's name keep nobody from taking over.
func TestSpoofedGoodbyesWithoutEnd(t *testing.T) {
	t.Parallel()
	r := newRaid(t, settings[0])
	testnet.Eventually(t, patience, func() error {
		if s := r.b.instance(); s.Master.Address != r.a.ip {
			return fmt.Errorf("b follows %q", s.Master.Address)
		}
		return nil
	})
	r.pa.Kill()
	goodbye, done, ended := r.forged(r.b, r.a.ip, 0, 255)[0], make(chan struct{}), make(chan struct{})
	go func() { // much more often than the skew time passes
		defer close(ended)
		for tick := time.NewTicker(20 * time.Millisecond); ; {
			select {
			case <-done:
				return
			case <-tick.C:
				if err := r.send(goodbye); err != nil {
					t.Error(err)
				}
			}
		}
	}()
	defer func() { close(done); <-ended }()
	testnet.Eventually(t, patience, func() error {
		if s := r.b.instance(); s.State != "MASTER" || s.Reason != "priority_zero" {
			return fmt.Errorf("b is %+v", s)
		}
		return nil
	})
}

// Multicast for a unicast instance, and unicast for one of multicast, unseat nobody, and are counted.
func TestSpoofedDestination(t *testing.T) {
	for _, s := range []setting{settings[0], settings[4]} {
		t.Run(s.column, func(t *testing.T) {
			t.Parallel()
			r := newRaid(t, s)
			other := *r
			other.unicast = !r.unicast
			for range 10 {
				for _, f := range other.forged(r.a, r.b.ip, 254, 255) {
					if err := r.send(f); err != nil {
						t.Fatal(err)
					}
				}
			}
			testnet.Eventually(t, patience, func() error {
				if got := sample(r.a.get(metricsURL), "xvrrp_kernel_adverts_total", `verdict="destination"`); got < 10 {
					return fmt.Errorf("%v are counted", got)
				}
				return nil
			})
			if e := r.a.happened("conflict", "refused_advert"); e.Evidence.MAC != net.HardwareAddr(attacker).String() {
				t.Errorf("the event has not the evidence: %+v", e)
			}
			if s := r.a.instance(); s.State != "MASTER" {
				t.Errorf("a is %+v", s)
			}
		})
	}
}
