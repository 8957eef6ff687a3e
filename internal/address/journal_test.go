package address

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
)

// kill leaves a holder's addresses and journal behind, as SIGKILL does.
func kill(t *testing.T, a *Holder) {
	t.Helper()
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestKilledPredecessorIsAdoptedOrRemoved(t *testing.T) {
	h := host(t, "192.0.2.1/24", "192.0.2.20/24")
	path := journalIn(t)
	old, _ := open(t, h, path)
	claim(t, old, "VI_1", vips("192.0.2.10/24", "192.0.2.11/24", "192.0.2.20/24", "2001:db8::10/64")...)
	claim(t, old, "VI_2", vips("192.0.2.30/24")...)
	kill(t, old)

	a, _ := open(t, h, path)
	if n := len(a.Inherited()); n != 4 {
		t.Errorf("%d inherited, want 4: %v", n, a.Inherited())
	}
	labelled := vip("192.0.2.11/24")
	labelled.Label = "eth0:b" // the configuration changed meanwhile
	res := claim(t, a, "VI_1", vip("192.0.2.10/24"), labelled, vip("192.0.2.20/24"), vip("2001:db8::10/64"))
	if res.Adopted != 2 || res.Added != 1 || len(res.Foreign) != 1 {
		t.Errorf("claim: %+v", res)
	}
	if f := factOf(t, a, labelled); f.label != "eth0:b" {
		t.Errorf("label %q", f.label)
	}
	if err := a.RemoveInherited(); err != nil {
		t.Fatal(err)
	}
	if err := holds(h, "192.0.2.1/24", "192.0.2.20/24", "192.0.2.10/24", "192.0.2.11/24", "2001:db8::10/64")(); err != nil {
		t.Error(err)
	}
	if err := a.Release("VI_1"); err != nil {
		t.Fatal(err)
	}
	same(t, "at the end", global(h), []string{"192.0.2.1/24", "192.0.2.20/24"})
	kill(t, a)
	b, _ := open(t, h, path)
	if n := len(b.Inherited()); n != 0 {
		t.Errorf("%d inherited after all was released", n)
	}
}

// A killed keepalived's addresses carry its tag and stand in no journal of ours: nothing is done to them unless the caller
// says that they are orphans.
func TestOrphansOfAnotherDaemon(t *testing.T) {
	h := host(t, "192.0.2.1/24", "192.0.2.12/24")
	other, _ := open(t, h, "")
	claim(t, other, "VI_1", vips("192.0.2.10/24", "192.0.2.11/24", "2001:db8::10/64")...)
	kill(t, other)

	a, _ := open(t, h, journalIn(t))
	ours := vips("192.0.2.10/32", "192.0.2.11/24", "192.0.2.12/24", "192.0.2.13/24", "2001:db8::10/128")
	list, err := a.Standing(ours)
	if err != nil || len(list) != 4 {
		t.Fatalf("standing: %+v, %v", list, err)
	}
	for _, s := range list {
		if want := s.Prefix.Addr() != netip.MustParseAddr("192.0.2.12"); s.Tagged != want || s.Journal {
			t.Errorf("%+v", s)
		}
	}
	if err := a.RemoveInherited(); err != nil {
		t.Fatal(err)
	}
	if n := len(global(h)); n != 5 {
		t.Errorf("%d addresses: some were removed", n)
	}
	if n, err := a.Adopt(ours); err != nil || n != 3 {
		t.Fatalf("adopted %d, %v", n, err)
	}
	if r := claim(t, a, "VI_1", vip("192.0.2.11/24")); r.Adopted != 1 {
		t.Errorf("claim: %+v", r)
	}
	if err := a.RemoveInherited(); err != nil {
		t.Fatal(err)
	}
	same(t, "at the end", global(h), []string{"192.0.2.1/24", "192.0.2.12/24", "192.0.2.11/24"})
}

// Between a killed daemon and the next, somebody replaced our address by his own: the tag tells.
func TestReplacedAddressIsNotInherited(t *testing.T) {
	h := host(t)
	path := journalIn(t)
	old, _ := open(t, h, path)
	claim(t, old, "VI_1", vips("192.0.2.10/24")...)
	kill(t, old)
	h.DeleteAddress("eth0", "192.0.2.10/24")
	h.AddAddress("eth0", "192.0.2.10/24")

	a, _ := open(t, h, path)
	if n := len(a.Inherited()); n != 0 {
		t.Errorf("%d inherited, want none", n)
	}
	if r := claim(t, a, "VI_1", vip("192.0.2.10/24")); len(r.Foreign) != 1 {
		t.Errorf("claim: %+v", r)
	}
}

// The journal is complete before the kernel is asked, and speaks only of one namespace and one boot.
func TestJournalOfAnotherNamespaceIsIgnored(t *testing.T) {
	path := journalIn(t)
	h := host(t)
	a, _ := open(t, h, path)
	claim(t, a, "VI_1", vip("192.0.2.10/24"))
	kill(t, a)

	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("\n%d 192.0.2.10/24\n", h.Index("eth0")); !strings.Contains(string(text), want) {
		t.Errorf("journal %q has no %q", text, want)
	}

	other := host(t)
	other.AddAddress("eth0", "192.0.2.10/24")
	b, _ := open(t, other, path)
	if n := len(b.Inherited()); n != 0 {
		t.Errorf("%d inherited from another namespace", n)
	}
}

// A holder that dies between journal and kernel leaves a line too many, which does no harm.
func TestJournalledButNeverAdded(t *testing.T) {
	h := host(t, "192.0.2.11/24")
	path := journalIn(t)
	a, _ := open(t, h, path)
	a.mu.Lock()
	for _, x := range vips("192.0.2.10/24", "192.0.2.11/24") {
		a.order = append(a.order, &entry{Address: x, index: h.Index("eth0")})
	}
	if err := a.writeJournal(); err != nil {
		t.Error(err)
	}
	a.mu.Unlock()
	kill(t, a)

	b, _ := open(t, h, path)
	if err := b.RemoveInherited(); err != nil {
		t.Fatal(err)
	}
	same(t, "foreign address", global(h), []string{"192.0.2.11/24"})
}

// A journal that cannot be written is told, and the address is added all the same.
func TestUnwritableJournal(t *testing.T) {
	h := host(t)
	dir := t.TempDir() + "/runtime"
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	a, _ := open(t, h, dir+"/addresses")
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	res, err := a.Claim("VI_1", vips("192.0.2.10/24"))
	if err == nil || !strings.Contains(err.Error(), "journal") || res.Added != 1 {
		t.Errorf("claim: %+v, %v", res, err)
	}
	same(t, "claimed", global(h), []string{"192.0.2.10/24"})
}

// A damaged line is told; the others count, and the daemon starts.
func TestDamagedJournal(t *testing.T) {
	h := host(t)
	path := journalIn(t)
	a, _ := open(t, h, path)
	claim(t, a, "VI_1", vip("192.0.2.10/24"))
	kill(t, a)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"x", "1", "1 192.0.2.1", "x 192.0.2.1/24", "1 192.0.2.1/24 peer", "1 192.0.2.1/24 peer x", "1 a b c"} {
		damaged := strings.Replace(string(text), "\n", "\n"+line+"\n", 1)
		if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		b, told := open(t, h, path)
		if told.count(Trouble) != 1 || len(b.Inherited()) != 1 {
			t.Errorf("line %q: %d troubles, inherited %v", line, told.count(Trouble), b.Inherited())
		}
		kill(t, b)
	}
}
