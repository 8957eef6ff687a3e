package daemon

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// records keeps what is logged.
type records []slog.Record

func (r *records) Enabled(context.Context, slog.Level) bool { return true }
func (r *records) Handle(_ context.Context, record slog.Record) error {
	*r = append(*r, record)
	return nil
}
func (r *records) WithAttrs([]slog.Attr) slog.Handler { return r }
func (r *records) WithGroup(string) slog.Handler      { return r }
func (r *records) text() (list []string) {
	for _, record := range *r {
		list = append(list, record.Message)
	}
	return list
}

// Nothing is told before a takeover is over; then all of it, in its order and with the time at which it was said.
func TestWordsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log records
		in := &instance{d: &Daemon{ctx: t.Context()}, log: slog.New(&log)}
		say := func(text string) { in.say(line{level: slog.LevelInfo, text: text}) }
		began := time.Now()
		for round := range 2 { // the second finds what the first left
			in.busy, log = true, nil
			say("a")
			time.Sleep(time.Millisecond)
			in.later(func() { say("b"); say("c") })
			time.Sleep(time.Millisecond)
			say("d")
			if len(log) != 0 {
				t.Fatalf("told during the takeover: %v", log.text())
			}
			time.Sleep(time.Millisecond)
			in.rest()
			say("e")
			if got, want := log.text(), []string{"a", "b", "c", "d", "e"}; !slices.Equal(got, want) {
				t.Fatalf("told %v, want %v", got, want)
			}
			for i, after := range []time.Duration{0, 1, 1, 2, 3} {
				if got, want := log[i].Time.Sub(began), time.Duration(3*round+int(after))*time.Millisecond; got != want {
					t.Errorf("%q is said to be of %v, want %v", log[i].Message, got, want)
				}
			}
		}
	})
}
