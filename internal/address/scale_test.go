package address

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// many is n addresses of one subnet.
func many(n int, v6 bool) []Address {
	list := make([]Address, 0, n)
	ip := netip.MustParseAddr("10.9.0.1")
	bits := 16
	if v6 {
		ip, bits = netip.MustParseAddr("2001:db8::1:1"), 64
	}
	for range n {
		list = append(list, Address{Prefix: netip.PrefixFrom(ip, bits), Interface: "eth0"})
		ip = ip.Next()
	}
	return list
}

func TestAThousandAddresses(t *testing.T) {
	for _, family := range []struct {
		name string
		v6   bool
	}{{"ipv4", false}, {"ipv6", true}} {
		t.Run(family.name, func(t *testing.T) {
			h := host(t)
			path := journalIn(t)
			a, _ := open(t, h, path)
			list := many(1000, family.v6)
			began := time.Now()
			if r := claim(t, a, "VI_1", list...); r.Added != 1000 {
				t.Fatalf("claim: %+v", r)
			}
			t.Logf("claimed in %v", time.Since(began))
			if n := len(global(h)); n != 1000 {
				t.Errorf("%d addresses", n)
			}
			if list := h.Run("ip", "address", "show", "dev", "eth0", "scope", "global", "tentative"); list != "" {
				t.Errorf("not to be used at once:\n%.300s", list)
			}

			// A killed holder's thousand are adopted without touching the kernel.
			kill(t, a)
			b, _ := open(t, h, path)
			began = time.Now()
			if r := claim(t, b, "VI_1", list...); r.Adopted != 1000 {
				t.Fatalf("claim after kill: %+v", r)
			}
			t.Logf("adopted in %v", time.Since(began))

			// Somebody flushes the interface: all are put back.
			// Its exit code says that somebody put addresses back while it worked.
			_, _ = h.Host.Run("ip", "addr", "flush", "dev", "eth0", "scope", "global")
			testnet.Eventually(t, 5*time.Second, func() error {
				if n := len(global(h)); n != 1000 {
					return fmt.Errorf("%d addresses", n)
				}
				return nil
			})

			began = time.Now()
			if err := b.Release("VI_1"); err != nil {
				t.Fatal(err)
			}
			t.Logf("released in %v", time.Since(began))
			same(t, "released", global(h), nil)
		})
	}
}

// Two hundred and fifty owners at once, from as many goroutines.
func TestManyOwnersAtOnce(t *testing.T) {
	h := host(t)
	a, _ := open(t, h, journalIn(t))
	list := many(250, false)
	began := time.Now()
	errs := make(chan error)
	for i, x := range list {
		go func() {
			_, err := a.Claim(fmt.Sprintf("VI_%d", i), []Address{x})
			errs <- err
		}()
	}
	for range list {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	t.Logf("claimed in %v", time.Since(began))
	if n := len(global(h)); n != 250 {
		t.Errorf("%d addresses", n)
	}
	for i := range list {
		if err := a.Release(fmt.Sprintf("VI_%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "released", global(h), nil)
}

func BenchmarkClaim(b *testing.B) {
	for _, v6 := range []bool{false, true} {
		for _, n := range []int{1, 10, 100, 1000} {
			b.Run(fmt.Sprintf("v6=%v/%d", v6, n), func(b *testing.B) {
				h := host(b)
				a, _ := open(b, h, journalIn(b))
				list := many(n, v6)
				for b.Loop() {
					claim(b, a, "VI_1", list...)
					b.StopTimer()
					if err := a.Release("VI_1"); err != nil {
						b.Fatal(err)
					}
					b.StartTimer()
				}
			})
		}
	}
}

func BenchmarkRelease(b *testing.B) {
	for _, n := range []int{1, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			h := host(b)
			a, _ := open(b, h, journalIn(b))
			list := many(n, false)
			for b.Loop() {
				b.StopTimer()
				claim(b, a, "VI_1", list...)
				b.StartTimer()
				if err := a.Release("VI_1"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
