package test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// confAuth is one node of a version 2 pair with a block of its own in the
// instance.
func confAuth(priority int, block string) string {
	return strings.Replace(conf(2, "BACKUP", priority, "1"), "    virtual_ipaddress {", block+"\n    virtual_ipaddress {", 1)
}

func authentication(kind, password string) string {
	return fmt.Sprintf("    authentication {\n        auth_type %s\n        auth_pass %s\n    }", kind, password)
}

// What keepalived signs we accept and the reverse: simple passwords, AH, and
// both over unicast. A wrong password makes two masters with either.
func TestAuthenticationWithKeepalived(t *testing.T) {
	unicast := func(own, peer string) string {
		return fmt.Sprintf("    unicast_src_ip %s\n    unicast_peer {\n        %s\n    }", own, peer)
	}
	for _, c := range []struct {
		name, a, b string
		agree      bool
	}{
		{"PASS", authentication("PASS", "s3cret"), authentication("PASS", "s3cret"), true},
		{"AH", authentication("AH", "s3cret"), authentication("AH", "s3cret"), true},
		{"unicast with PASS", unicast("10.9.0.1", "10.9.0.2") + "\n" + authentication("PASS", "12345678"),
			unicast("10.9.0.2", "10.9.0.1") + "\n" + authentication("PASS", "12345678"), true},
		{"wrong password", authentication("PASS", "s3cret"), authentication("PASS", "other"), false},
	} {
		for _, first := range []string{"xvrrp", "keepalived"} {
			t.Run(c.name+", "+first+" before the other", func(t *testing.T) {
				t.Parallel()
				l := newLAN(t, peersNetwork)
				start := map[string]func(*node, string){"xvrrp": (*node).startXVRRP, "keepalived": (*node).startKeepalived}
				second := "keepalived"
				if first == "keepalived" {
					second = "xvrrp"
				}
				start[second](l.b, confAuth(100, c.b))
				l.owned(peersVIP, "b", patience)
				start[first](l.a, confAuth(200, c.a))
				if !c.agree {
					l.owned(peersVIP, "a b", patience)
					l.stays(peersVIP, "a b", 3*time.Second)
					return
				}
				l.owned(peersVIP, "a", patience)
				l.stays(peersVIP, "a", 4*time.Second)
				if err := l.a.last.Stop(patience); err != nil {
					t.Error(err)
				}
				l.owned(peersVIP, "b", patience)
			})
		}
	}
}
