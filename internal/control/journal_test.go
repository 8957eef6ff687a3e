package control

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func seqs(list []Event) string {
	var s []string
	for _, e := range list {
		s = append(s, fmt.Sprint(e.Seq))
	}
	return strings.Join(s, " ")
}

func TestJournalKeepsTheQuiet(t *testing.T) {
	j := NewJournal(3)
	j.Add(Event{Instance: "quiet"}) // 1
	j.Add(Event{Kind: KindStarted}) // 2
	for range 100 {
		j.Add(Event{Instance: "noisy"}) // 3..102
	}
	j.Add(Event{Group: "G"}) // 103
	for q, want := range map[Query]string{
		{}:                              "1 2 100 101 102 103",
		{Instance: "quiet"}:             "1",
		{Instance: "noisy"}:             "100 101 102",
		{Instance: "noisy", After: 100}: "101 102",
		{Instance: "noisy", Last: 1}:    "102",
		{Instance: "quiet", Group: "G"}: "1 103",
		{Instance: "nobody"}:            "",
		{After: 101}:                    "102 103",
		{After: 103}:                    "",
		{After: 1000}:                   "",
	} {
		if got := seqs(j.Select(q)); got != want {
			t.Errorf("%+v: %s, want %s", q, got, want)
		}
	}
	j.Retain(func(instance, group string) bool { return instance == "quiet" })
	if got := seqs(j.Select(Query{})); got != "1 2" {
		t.Errorf("after Retain: %s", got)
	}
}

func TestJournalSurvivesARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	j := NewJournal(10)
	j.Add(Event{Instance: "VI_1", Kind: KindTransition, From: Backup, To: Master, Reason: "no_advert",
		Evidence: &Evidence{Master: "192.0.2.1", Limit: Seconds(3414062500), Kernel: map[string]uint64{"ttl": 31}}})
	j.Add(Event{Kind: KindStopping, Text: "line\nbreak"})
	if err := j.Save(path); err != nil {
		t.Fatal(err)
	}
	next := NewJournal(10)
	if err := next.Load(path); err != nil {
		t.Fatal(err)
	}
	a, b := j.Select(Query{}), next.Select(Query{})
	if len(b) != 2 || b[0].Evidence.Limit != a[0].Evidence.Limit || b[0].Evidence.Kernel["ttl"] != 31 ||
		!b[0].Time.Equal(a[0].Time) || b[1].Text != "line\nbreak" {
		t.Errorf("read %+v", b)
	}
	if e := next.Add(Event{}); e.Seq != 3 || e.Earlier || !b[0].Earlier || !b[1].Earlier {
		t.Errorf("numbers go on with %d; earlier: %v, before it %v", e.Seq, e.Earlier, b)
	}

	if err := NewJournal(1).Load(filepath.Join(t.TempDir(), "missing")); err != nil {
		t.Errorf("a missing file: %v", err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("{\"seq\": 9}\n{\"seq\": 9}\ngarbage\n{\"seq\""); err != nil {
		t.Fatal(err)
	}
	f.Close()
	damaged := NewJournal(10)
	if err := damaged.Load(path); err == nil || !strings.Contains(err.Error(), "3 damaged lines") {
		t.Errorf("a damaged file: %v", err)
	}
	if got := seqs(damaged.Select(Query{})); got != "1 2 9" {
		t.Errorf("kept %s", got)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) != 1 {
		t.Errorf("files left behind: %v, %v", files, err)
	}
}

func TestFollow(t *testing.T) {
	dir, j := daemon(t)
	j.Add(Event{Instance: "a"})
	j.Add(Event{Instance: "b"})
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	got := make(chan Event)
	go func() {
		defer close(got)
		for e, err := range client(t, dir).Events(ctx, Query{Instance: "a"}, true) {
			if err != nil {
				t.Error(err)
				return
			}
			got <- e
		}
	}()
	if e := <-got; e.Seq != 1 {
		t.Errorf("first: %+v", e)
	}
	for n := range 20 {
		j.Add(Event{Instance: "b"})
		want := j.Add(Event{Instance: "a", Text: fmt.Sprint(n)})
		if e := <-got; e.Seq != want.Seq || e.Text != want.Text {
			t.Errorf("got %+v, want %+v", e, want)
		}
	}
	cancel()
	if e, more := <-got; more {
		t.Errorf("after the end: %+v", e)
	}
}

func TestEventsWithoutFollowing(t *testing.T) {
	dir, j := daemon(t)
	for range 5 {
		j.Add(Event{Instance: "a"})
	}
	var list []Event
	for e, err := range client(t, dir).Events(context.Background(), Query{Last: 2}, false) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	if seqs(list) != "4 5" {
		t.Errorf("got %s", seqs(list))
	}
}

// The daemon's end is the end of the stream, no error.
func TestFollowerSeesTheEnd(t *testing.T) {
	dir := t.TempDir()
	j := NewJournal(10)
	l, err := Listen(filepath.Join(dir, SocketName), -1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, l, Handler(fake{}, j)) }()
	j.Add(Event{})
	for e, err := range client(t, dir).Events(context.Background(), Query{}, true) {
		if err != nil {
			t.Errorf("%+v: %v", e, err)
		}
		stop()
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}
