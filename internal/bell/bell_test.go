package bell

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

func open(t *testing.T) *Bell {
	t.Helper()
	b, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func soon(t *testing.T, what string, is func() bool) {
	t.Helper()
	testnet.Eventually(t, 20*time.Second, func() error {
		if is() {
			return nil
		}
		return errors.New(what)
	})
}

// No pull is lost, whoever else pulls: what was done before a pull is seen by a
// call that comes after it.
func TestNoPullIsLost(t *testing.T) {
	b := open(t)
	const cords, pulls = 20, 5000
	var wanted, seen [cords]atomic.Int64
	var all sync.WaitGroup
	for i := range cords {
		c := b.Cord(func() { seen[i].Store(wanted[i].Load()) })
		all.Go(func() {
			for range pulls {
				wanted[i].Add(1)
				c.Pull()
			}
		})
	}
	all.Wait()
	for i := range cords {
		soon(t, "the last pull of a cord was lost", func() bool { return seen[i].Load() == pulls })
	}
}

// Cords that are pulled while the bell's goroutine is busy are answered in their
// order, each once however often it was pulled.
func TestOrder(t *testing.T) {
	b := open(t)
	var got []int
	hold, done := make(chan struct{}), make(chan struct{})
	b.Cord(func() { <-hold }).Pull()
	var list []*Cord
	for i := range 5 {
		list = append(list, b.Cord(func() { got = append(got, i) }))
	}
	soon(t, "the bell does not answer", func() bool { return b.pulled.Load() == nil })
	for _, i := range []int{3, 0, 3, 4, 1, 0, 2} {
		list[i].Pull()
	}
	b.Cord(func() { close(done) }).Pull()
	close(hold)
	<-done
	if want := []int{3, 0, 4, 1, 2}; !slices.Equal(got, want) {
		t.Errorf("answered %v, want %v", got, want)
	}
}

// What was pulled before Close is answered, and so is what is pulled after it.
func TestClose(t *testing.T) {
	b, err := New()
	if err != nil {
		t.Fatal(err)
	}
	var calls atomic.Int64
	c := b.Cord(func() { calls.Add(1) })
	c.Pull()
	if err := b.Close(); err != nil || calls.Load() != 1 {
		t.Fatalf("closed: %v, %d calls, want 1", err, calls.Load())
	}
	c.Pull()
	if err := b.Close(); err != nil || calls.Load() != 2 {
		t.Errorf("closed twice: %v, %d calls, want 2", err, calls.Load())
	}
}

// Without a bell a cord does what it is for.
func TestNoBell(t *testing.T) {
	var b *Bell
	called := false
	b.Cord(func() { called = true }).Pull()
	if !called {
		t.Error("not called")
	}
}

func TestMailbox(t *testing.T) {
	m := NewMailbox[int](open(t), 3)
	for i, want := range []bool{true, true, true, false} {
		if got := m.Put(i); got != want {
			t.Errorf("value %d was taken in: %v, want %v", i, got, want)
		}
	}
	<-m.Mail()
	for want := range 3 {
		if got, ok := m.Take(); !ok || got != want {
			t.Errorf("took %d (%v), want %d", got, ok, want)
		}
	}
	if _, ok := m.Take(); ok {
		t.Error("there is more than was put")
	}
	m.Put(7)
	<-m.Mail()
	if got, ok := m.Take(); !ok || got != 7 {
		t.Errorf("took %d (%v), want 7", got, ok)
	}
}

// A pull must cost next to nothing, and allocate nothing.
func BenchmarkPull(b *testing.B) {
	bell, err := New()
	if err != nil {
		b.Fatal(err)
	}
	defer bell.Close()
	c := bell.Cord(func() {})
	b.ReportAllocs()
	for b.Loop() {
		c.Pull()
	}
}
