package config

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xvrrp/xvrrp/internal/keepalived"
)

// mutation changes one line of a text and says by how much the lines behind
// it move.
type mutation struct {
	name  string
	apply func(r *rand.Rand, line string) []string
}

// mutations are what happens to a line in an editor.
var mutations = []mutation{
	{"delete the line", func(*rand.Rand, string) []string { return nil }},
	{"double the line", func(_ *rand.Rand, line string) []string { return []string{line, line} }},
	{"delete a byte", func(r *rand.Rand, line string) []string {
		at := r.IntN(len(line))
		return []string{line[:at] + line[at+1:]}
	}},
	{"insert a byte", func(r *rand.Rand, line string) []string {
		const bytes = "{}{}\"'#! \tx1-./:@$~\\"
		at := r.IntN(len(line) + 1)
		return []string{line[:at] + string(bytes[r.IntN(len(bytes))]) + line[at:]}
	}},
	{"cut the line", func(r *rand.Rand, line string) []string { return []string{line[:r.IntN(len(line))]} }},
	{"swap two bytes", func(r *rand.Rand, line string) []string {
		if len(line) < 2 {
			return []string{line}
		}
		at := r.IntN(len(line) - 1)
		return []string{line[:at] + string(line[at+1]) + string(line[at]) + line[at+2:]}
	}},
	{"add a word", func(r *rand.Rand, line string) []string {
		words := []string{" priority 5", " }", " {", " weight 3", " extra"}
		return []string{line + words[r.IntN(len(words))]}
	}},
}

// TestOneLineChanged: one line changed at random never changes the meaning of
// another line silently. Without a new warning or error, every other line is
// read as the same statement in the same block, and if the line is inside an
// instance, every other instance has the same settings.
func TestOneLineChanged(t *testing.T) {
	const perFile = 60
	for n, file := range corpus(t) {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		before, findings := loadText(string(raw))
		if Failed(findings) || strings.Contains(string(raw), "\r") {
			continue
		}
		r := rand.New(rand.NewPCG(uint64(n), 113))
		lines := strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n")
		known := told(findings)
		for range perFile {
			at, m := r.IntN(len(lines)), mutations[r.IntN(len(mutations))]
			if lines[at] == "" || reaches(lines[at]) || at > 0 && reaches(lines[at-1]) {
				continue
			}
			now := m.apply(r, lines[at])
			if slices.ContainsFunc(now, reaches) {
				continue
			}
			changed := slices.Concat(lines[:at], now, lines[at+1:])
			after, findings := loadText(strings.Join(changed, "\n") + "\n")
			if news(known, told(findings)) {
				continue
			}
			where := fmt.Sprintf("%s:%d: %s: %q -> %q", filepath.Base(file), at+1, m.name, lines[at], now)
			sameElsewhere(t, where, lines, changed, at+1, len(now))
			sameOthers(t, where, before, after, at+1)
		}
	}
}

// reaches reports whether a line is meant to change others: definitions,
// generators, conditions and includes.
func reaches(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, "$") || strings.HasPrefix(line, "~") || strings.HasPrefix(line, "@") ||
		strings.HasPrefix(line, "include") || strings.HasSuffix(line, `\`)
}

// told lists warnings and errors without their places.
func told(findings []Finding) []string {
	var out []string
	for _, f := range findings {
		if f.Severity > Note {
			out = append(out, f.Code+f.Text)
		}
	}
	return out
}

func news(before, after []string) bool {
	for _, f := range after {
		if n := slices.Index(before, f); n < 0 {
			return true
		}
	}
	return len(after) > len(before)
}

// sameElsewhere compares the statements of all lines but the changed one.
func sameElsewhere(t *testing.T, where string, before, after []string, line, now int) {
	t.Helper()
	a, b := flat(before, line, line), flat(after, line, line+now-1)
	for i := range b {
		b[i].shift(line, now)
	}
	if !slices.Equal(a, b) {
		n := 0
		for n < min(len(a), len(b)) && a[n] == b[n] {
			n++
		}
		t.Errorf("%s: other lines are read differently, and nothing is said, first:\n%v\n%v", where, a[min(n, len(a)):min(n+1, len(a))], b[min(n, len(b)):min(n+1, len(b))])
	}
}

// read is one statement as it was read: its line, the line of its block and
// its words.
type read struct {
	line, parent int
	words        string
}

// shift gives lines behind the changed one, now so many lines, the numbers
// that they had.
func (r *read) shift(changed, now int) {
	if r.line >= changed+now {
		r.line -= now - 1
	}
	if r.parent >= changed+now {
		r.parent -= now - 1
	}
}

// flat lists the statements of a text, except those that begin in lines from
// to to.
func flat(lines []string, from, to int) []read {
	doc, _ := keepalived.ParseString("test.conf", strings.Join(lines, "\n")+"\n", keepalived.Options{ConfigID: "main"})
	var out []read
	var walk func(list []*keepalived.Statement, parent int)
	walk = func(list []*keepalived.Statement, parent int) {
		for _, s := range list {
			if s.Pos.Line < from || s.Pos.Line > to {
				words := []string{s.Keyword()}
				for _, w := range s.Args() {
					words = append(words, w.Text)
				}
				out = append(out, read{s.Pos.Line, parent, strings.Join(words, "\x00")})
			}
			walk(s.Block, s.Pos.Line)
		}
	}
	walk(doc.Statements, 0)
	return out
}

// sameOthers compares the instances in which the line does not stand.
func sameOthers(t *testing.T, where string, before, after *Settings, line int) {
	t.Helper()
	last := -1
	for n, i := range before.Instances {
		if i.Pos.Line == line {
			return
		}
		if i.Pos.Line < line {
			last = n
		}
	}
	if last < 0 || len(before.Instances) != len(after.Instances) {
		return
	}
	for n := range before.Instances {
		if n == last {
			continue
		}
		x := &Settings{Instances: before.Instances[n : n+1]}
		y := &Settings{Instances: after.Instances[n : n+1]}
		if diff := sameSettings(x, y); diff != "" && insideInstance(before, last, line) {
			t.Errorf("%s: instance %s changes, and nothing is said:\n%s", where, before.Instances[n].Name, diff)
		}
	}
}

// insideInstance reports whether nothing else begins between an instance and
// a line behind it.
func insideInstance(s *Settings, last, line int) bool {
	begins := s.Instances[last].Pos.Line
	for _, p := range append([]Pos{s.Global.Pos, s.Own.Pos}, otherPlaces(s)...) {
		if p.Line > begins && p.Line <= line {
			return false
		}
	}
	return line > begins
}

func otherPlaces(s *Settings) (out []Pos) {
	for _, x := range s.Scripts {
		out = append(out, x.Pos)
	}
	for _, x := range s.SyncGroups {
		out = append(out, x.Pos)
	}
	for _, x := range s.TrackFiles {
		out = append(out, x.Pos)
	}
	return out
}
