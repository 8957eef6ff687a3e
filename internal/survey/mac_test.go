package survey

import (
	"encoding/json"
	"testing"
)

func TestOwner(t *testing.T) {
	for text, want := range map[string]string{
		"00:00:5e:00:01:33": "VRRP virtual router 51, IPv4",
		"00:00:5e:00:02:ff": "VRRP virtual router 255, IPv6",
		"00:00:0c:07:ac:0a": "HSRP group 10",
		"00:00:0c:9f:f1:02": "HSRP version 2 group 258",
		"00:05:73:a0:00:07": "HSRP group 7, IPv6",
		"00:07:b4:00:05:02": "GLBP group 5 forwarder 2",
		"52:54:00:12:34:56": "QEMU or KVM virtual machine",
		"fa:16:3e:00:00:01": "OpenStack virtual machine",
		"02:42:ac:11:00:02": "Docker container",
		"06:00:00:00:00:01": "locally administered",
		"3c:ec:ef:00:00:01": "",
	} {
		var m MAC
		if err := m.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if got := m.Owner(); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
		if b, err := json.Marshal(m); err != nil || string(b) != `"`+text+`"` {
			t.Errorf("%s as JSON: %s, %v", text, b, err)
		}
	}
	var m MAC
	for _, bad := range []string{"", "00:00:5e", "00:00:5e:00:01:33:00:01", "hello"} {
		if m.UnmarshalText([]byte(bad)) == nil {
			t.Errorf("%q: accepted", bad)
		}
	}
}
