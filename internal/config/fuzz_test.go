package config

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// FuzzLoad: whatever the text, Load returns, every finding can be printed,
// and what has no error prints to a form that reads back to the same.
func FuzzLoad(f *testing.F) {
	for _, file := range corpus(f) {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<16 || strings.Contains(text, "_RANDOM") {
			return // other texts every time are no round trip
		}
		s, findings := loadText(text)
		for _, x := range findings {
			if x.Code == "" || x.Text == "" || x.Format() == "" {
				t.Fatalf("an empty finding: %+v", x)
			}
		}
		if Failed(findings) {
			return
		}
		printed := Print(s, PrintOptions{ShowSecrets: true})
		again, findings := loadText(printed)
		if Failed(findings) {
			t.Fatalf("the canonical form has errors:\n%s\n%s", formatAll(findings), printed)
		}
		if diff := sameSettings(s, again); diff != "" {
			t.Fatalf("read back:\n%s\n%s", diff, printed)
		}
		Compare([]*Settings{s, again})
	})
}

// TestBombs: texts that grow end in an error within a second.
func TestBombs(t *testing.T) {
	bombs := map[string]string{
		"nested generators": strings.Repeat("~SEQ(a, 1, 1000) ~SEQ(b, 1, 1000) ~SEQ(c, 1, 1000) 10.0.0.1\n", 1<<20/60),
		"definitions":       "$A=${B}${B}\n$B=${C}${C}\n$C=${D}${D}\n$D=${A}\n" + strings.Repeat("router_id ${A}\n", 1000),
		"blocks":            strings.Repeat("vrrp_instance A {\n", 100000),
		"addresses":         "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n ~SEQ(a, 1, 250) ~SEQ(b, 1, 250) ~SEQ(c, 0, 5) 10.${c}.${b}.${a}\n }\n}\n",
		"instances":         "~SEQ(a, 1, 250) ~SEQ(b, 1, 20) vrrp_instance I${a}x${b} { interface eth0 }\n",
	}
	for name, text := range bombs {
		before := cpuTime(t)
		_, findings := loadText(text)
		took := cpuTime(t) - before
		if limit := 4 * time.Second * raceFactor; took > limit {
			t.Errorf("%s: %v of processor time", name, took)
		}
		if !Failed(findings) {
			t.Errorf("%s: no error", name)
		}
	}
}

// cpuTime is what the process has used: the machine may be busy with others.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
