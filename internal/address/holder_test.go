package address

import (
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// host is a machine with one link, eth0, that is up.
func host(t testing.TB, addrs ...string) *testnet.Host {
	t.Helper()
	h := testnet.New(t).Host("h")
	h.Veth("eth0", "wire", addrs...)
	return h
}

// notes collects what a holder tells.
type notes struct {
	mu   sync.Mutex
	list []Note
}

func (n *notes) add(x Note) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, x)
}

func (n *notes) count(kind NoteKind) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := 0
	for _, x := range n.list {
		if x.Kind == kind {
			c++
		}
	}
	return c
}

// open opens a holder on the host; it closes with the test.
func open(t testing.TB, h *testnet.Host, journal string) (*Holder, *notes) {
	t.Helper()
	var a *Holder
	told := &notes{}
	h.Do(func() {
		var err error
		if a, err = Open(Config{Journal: journal, Notify: told.add}); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a, told
}

func journalIn(t testing.TB) string { return filepath.Join(t.TempDir(), "addresses") }

func vip(text string) Address {
	return Address{Prefix: netip.MustParsePrefix(text), Interface: "eth0"}
}

func vips(texts ...string) []Address {
	var list []Address
	for _, text := range texts {
		list = append(list, vip(text))
	}
	return list
}

func claim(t testing.TB, a *Holder, owner string, addrs ...Address) Result {
	t.Helper()
	res, err := a.Claim(owner, addrs)
	if err != nil {
		t.Fatalf("claim: %v", err)
	}
	return res
}

// global lists eth0's addresses without the kernel's link-local ones.
func global(h *testnet.Host) []string {
	return slices.DeleteFunc(h.Addresses("eth0"), func(s string) bool { return strings.HasPrefix(s, "fe80") })
}

func same(t testing.TB, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func holds(h *testnet.Host, want ...string) func() error {
	return func() error {
		got := global(h)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			return fmt.Errorf("eth0 has %q, want %q", got, want)
		}
		return nil
	}
}

func TestClaimAndReleaseAreIdempotent(t *testing.T) {
	h := host(t, "192.0.2.1/24")
	a, _ := open(t, h, journalIn(t))
	want := vips("192.0.2.10/24", "192.0.2.11/32", "2001:db8::10/64")

	if r := claim(t, a, "VI_1", want...); r.Added != 3 || r.Held != 0 {
		t.Errorf("first claim: %+v", r)
	}
	if r := claim(t, a, "VI_1", want...); r.Added != 0 || r.Held != 3 {
		t.Errorf("second claim: %+v", r)
	}
	same(t, "claimed", global(h), []string{"192.0.2.1/24", "192.0.2.11/32", "192.0.2.10/24", "2001:db8::10/64"})

	// A changed list: one goes, one comes.
	if r := claim(t, a, "VI_1", vips("192.0.2.10/24", "192.0.2.12/24")...); r.Added != 1 || r.Held != 1 {
		t.Errorf("changed claim: %+v", r)
	}
	same(t, "changed", global(h), []string{"192.0.2.1/24", "192.0.2.10/24", "192.0.2.12/24"})

	for range 2 {
		if err := a.Release("VI_1"); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "released", global(h), []string{"192.0.2.1/24"})
}

// Two owners of one address: it goes with the last.
func TestSharedAddress(t *testing.T) {
	h := host(t)
	a, _ := open(t, h, "")
	claim(t, a, "VI_1", vip("192.0.2.10/24"))
	claim(t, a, "VI_2", vip("192.0.2.10/24"))
	if err := a.Release("VI_1"); err != nil {
		t.Fatal(err)
	}
	same(t, "one owner left", global(h), []string{"192.0.2.10/24"})
	if err := a.Release("VI_2"); err != nil {
		t.Fatal(err)
	}
	same(t, "no owner left", global(h), nil)
}

func TestForeignAddressIsLeftAlone(t *testing.T) {
	h := host(t, "192.0.2.10/24", "2001:db8::10/64")
	a, told := open(t, h, journalIn(t))
	r := claim(t, a, "VI_1", vips("192.0.2.10/24", "2001:db8::10/128", "192.0.2.11/24")...)
	if len(r.Foreign) != 2 || r.Added != 1 {
		t.Errorf("claim: %+v", r)
	}
	if err := a.Release("VI_1"); err != nil {
		t.Fatal(err)
	}
	same(t, "after release", global(h), []string{"192.0.2.10/24", "2001:db8::10/64"})

	// When its owner takes it away while we want it, ours takes its place, and is ours to delete.
	claim(t, a, "VI_1", vip("192.0.2.10/24"))
	h.DeleteAddress("eth0", "192.0.2.10/24")
	testnet.Eventually(t, 5*time.Second, holds(h, "192.0.2.10/24", "2001:db8::10/64"))
	testnet.Eventually(t, 5*time.Second, func() error {
		if told.count(Restored) != 1 {
			return errors.New("not told")
		}
		return nil
	})
	if err := a.Release("VI_1"); err != nil {
		t.Fatal(err)
	}
	same(t, "at the end", global(h), []string{"2001:db8::10/64"})
}

// A changed attribute replaces the address.
func TestChangedLabel(t *testing.T) {
	h := host(t)
	a, _ := open(t, h, "")
	x := vip("192.0.2.10/24")
	claim(t, a, "VI_1", x)
	x.Label = "eth0:vip"
	if r := claim(t, a, "VI_1", x); r.Added != 1 {
		t.Errorf("claim: %+v", r)
	}
	if f := factOf(t, a, x); f.label != "eth0:vip" {
		t.Errorf("label %q", f.label)
	}
}

// factOf is the address as the kernel has it.
func factOf(t testing.TB, a *Holder, x Address) fact {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	list, err := a.facts(0)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if f.prefix == x.Prefix {
			return f
		}
	}
	t.Fatalf("%s is not there", x.Prefix)
	return fact{}
}

// Releasing one owner's primary address keeps the secondary ones of others, whoever they are, and the setting that this
// takes is put back.
func TestReleaseOfAPrimaryKeepsTheRest(t *testing.T) {
	h := host(t)
	a, told := open(t, h, "")
	claim(t, a, "VI_1", vip("192.0.2.10/24"))
	claim(t, a, "VI_2", vip("192.0.2.11/24"))
	h.AddAddress("eth0", "192.0.2.1/24")
	if err := a.Release("VI_1"); err != nil {
		t.Fatal(err)
	}
	same(t, "after release", global(h), []string{"192.0.2.11/24", "192.0.2.1/24"})
	promotes := func() uint32 {
		a.mu.Lock()
		defer a.mu.Unlock()
		on, err := a.req.conf(h.Index("eth0"), promoteSecondaries)
		if err != nil {
			t.Error(err)
		}
		return on
	}
	if on := promotes(); on != 0 {
		t.Errorf("promote_secondaries: %d", on)
	}
	for i, step := range []struct{ on, changed bool }{{true, true}, {true, false}, {false, true}, {false, false}} {
		changed, err := a.PromoteSecondaries("eth0", step.on)
		if err != nil || changed != step.changed || (promotes() == 1) != step.on {
			t.Errorf("step %d: promote_secondaries is %d, changed %v, %v", i, promotes(), changed, err)
		}
	}
	if n := told.count(Restored); n != 0 {
		t.Errorf("%d restored: somebody lost an address meanwhile", n)
	}
}

func TestErrorsNameAddressAndInterface(t *testing.T) {
	h := host(t)
	a, _ := open(t, h, "")
	long := vip("192.0.2.10/24")
	long.Label = "eth0:muchtoolong"
	elsewhere := vip("192.0.2.11/24")
	elsewhere.Interface = "eth9"
	h.Sysctl("net/ipv6/conf/eth0/disable_ipv6", "1")
	off := vip("2001:db8::10/64")
	good := vip("192.0.2.12/24")

	res, err := a.Claim("VI_1", []Address{long, elsewhere, off, good})
	if err == nil || len(res.Failures) != 3 || res.Added != 1 {
		t.Fatalf("claim: %+v, %v", res, err)
	}
	for i, want := range []struct{ text string }{
		{"longer than 15"}, {"interface eth9: no such device"}, {"2001:db8::10/64 dev eth0"},
	} {
		if got := res.Failures[i].Err.Error(); !strings.Contains(got, want.text) {
			t.Errorf("failure %d: %q, want %q", i, got, want.text)
		}
	}
	if !errors.Is(res.Failures[1].Err, unix.ENODEV) {
		t.Errorf("%v is not ENODEV", res.Failures[1].Err)
	}
	for _, held := range a.Held("VI_1") {
		if want := held.Address == good; held.Held != want || (held.Err == nil) != want {
			t.Errorf("%s: %+v", held.Address, held)
		}
	}
}
