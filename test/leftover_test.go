package test

import (
	"strings"
	"testing"
	"time"
)

// What a killed predecessor left is adopted or removed, never orphaned: also
// when the new file knows nothing of it any more.
func TestLeftoversOfTheKilled(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	p := l.a.xvrrp(conf(3, "BACKUP", 200, "0.1"))
	l.owned(peersVIP, "a", patience)
	p.Kill()
	l.owned(peersVIP, "a", time.Second) // it is still there

	other := strings.Replace(conf(3, "BACKUP", 200, "0.1"), peersVIP, "10.9.0.101", 1)
	p = l.a.xvrrp(other)
	l.owned(peersVIP, "", patience)
	l.owned("10.9.0.101", "a", patience)
	if err := p.Stop(patience); err != nil {
		t.Error(err)
	}
	l.owned("10.9.0.101", "", time.Second)
	nothingLeft(t, l.a)
}

// Debian's keepalived does not tag what it adds, so its leftovers look like
// anybody's address: they stay, and the log says how to get rid of them.
func TestLeftoversOfKeepalivedAreNamed(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	k := l.a.keepalived(conf(3, "BACKUP", 200, "0.2"))
	l.owned(peersVIP, "a", patience)
	k.Kill()
	p := l.a.xvrrp(conf(3, "BACKUP", 200, "0.2"))
	says(t, p, "ip address del "+peersVIP+"/24 dev eth0", patience)
}

// An address that stood before us and is not ours stays, whatever we do.
func TestForeignAddressStays(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	l.a.AddAddress("eth0", peersVIP+"/24")
	p := l.a.xvrrp(conf(3, "BACKUP", 200, "0.1"))
	says(t, p, "Entering MASTER STATE", patience)
	if err := p.Stop(patience); err != nil {
		t.Error(err)
	}
	l.stays(peersVIP, "a", time.Second)
}
