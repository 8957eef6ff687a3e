package daemon

import (
	"os"
	"testing"
	"time"
)

// What a look sees of a count that moved is dated to the look before.
func TestArrivals(t *testing.T) {
	file, err := os.Create(t.TempDir() + "/dev")
	if err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		t.Helper()
		if _, err := file.WriteAt([]byte(text), 0); err != nil {
			t.Fatal(err)
		}
	}
	const heading = "Inter-|   Receive                |  Transmit\n face |bytes    packets errs|bytes packets\n"
	r := newArrivals()
	r.file = file
	at := time.Now()
	write(heading + "    lo:  100    7 0 0\n  eth0: 123456789012345678 9 0\neth1:5 3 0 0\n")
	r.look(at)
	if _, ok := r.heard("eth2"); ok {
		t.Error("an interface that is not there was heard")
	}
	if when, ok := r.heard("eth0"); !ok || !when.IsZero() {
		t.Errorf("eth0 after the first look: %v, %v", when, ok)
	}
	r.look(at.Add(time.Second))
	write(heading + "    lo:  100    7 0 0\n  eth0: 123456789012345678 8 0\neth1:5 4 0 0\n")
	r.look(at.Add(2 * time.Second))
	for name, want := range map[string]time.Time{"lo": {}, "eth0": at.Add(time.Second), "eth1": at.Add(time.Second)} {
		if when, ok := r.heard(name); !ok || !when.Equal(want) {
			t.Errorf("%s was heard at %v, %v; want %v", name, when, ok, want)
		}
	}
	r.close()
	clear(r.last)
	r.look(at) // opens the kernel's file
	if _, ok := r.heard("lo"); !ok {
		t.Error("the file was not opened again")
	}
	r.close()
}
