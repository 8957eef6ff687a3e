package test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// masterPair is a sync group of two that are told to be MASTER and are no owners.
const masterPair = `vrrp_sync_group G {
    group {
        ONE
        TWO
    }
}
vrrp_instance ONE {
    state MASTER
    interface eth0
    virtual_router_id 1
    priority 100
    advert_int 1
    virtual_ipaddress {
        10.9.1.1/32
    }
}
vrrp_instance TWO {
    state MASTER
    interface eth0
    virtual_router_id 2
    priority 100
    advert_int 1
    virtual_ipaddress {
        10.9.1.2/32
    }
}
`

// `state MASTER` without priority 255 shortens no group's first wait, neither
// here nor in Debian's keepalived, whose source speaks of one second and a bit.
// The daemons' own clocks are read: keepalived's lines know whole seconds, so a
// wait of 3.6 s shows as three at least, one of 1.004 s as two at most.
func TestStateMasterInGroupWaits(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	p := l.a.keepalived(masterPair)
	says(t, p, "(ONE) Entering MASTER STATE", patience)
	if d := keepalivedTime(t, p, "MASTER STATE").Sub(keepalivedTime(t, p, "BACKUP STATE (init)")); d < 3*time.Second {
		t.Errorf("keepalived waited %v", d)
	}
	if err := p.Stop(patience); err != nil {
		t.Fatal(err)
	}

	x := l.b.xvrrp(masterPair)
	says(t, x, "(ONE) Entering MASTER STATE", patience)
	if line := lineOf(t, x, "(ONE) Entering MASTER STATE"); !strings.Contains(line, "down_interval=3.609375s") {
		t.Errorf("xvrrp waited otherwise: %s", line)
	}
}

// lineOf is the first line of a log with a phrase.
func lineOf(t testing.TB, p *testnet.Process, phrase string) string {
	t.Helper()
	for line := range strings.Lines(p.Output()) {
		if strings.Contains(line, phrase) {
			return line
		}
	}
	t.Fatalf("no line says %q", phrase)
	return ""
}

var keepalivedStamp = regexp.MustCompile(`^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}`)

func keepalivedTime(t testing.TB, p *testnet.Process, phrase string) time.Time {
	t.Helper()
	line := lineOf(t, p, phrase)
	at, err := time.Parse(time.ANSIC, keepalivedStamp.FindString(line))
	if err != nil {
		t.Fatal(fmt.Errorf("%q: %w", line, err))
	}
	return at
}
