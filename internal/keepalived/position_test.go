package keepalived

import (
	"fmt"
	"strings"
	"testing"
)

// checkPositions holds every position of a document and of its diagnostics
// against the sources.
func checkPositions(sources map[string]string, doc *Document, diags []Diagnostic) error {
	c := positions{}
	for name, text := range sources {
		c[name] = strings.Split(text, "\n")
	}
	for _, d := range diags {
		if d.Pos.Line == 0 && d.Pos.Column == 0 {
			if _, ok := c[d.Pos.File]; !ok {
				return fmt.Errorf("%s: unknown file", d)
			}
		} else if _, err := c.rest(d.Pos); err != nil {
			return fmt.Errorf("diagnostic %s: %w", d, err)
		}
		if err := c.trail(d.Trail); err != nil {
			return fmt.Errorf("diagnostic %s: %w", d, err)
		}
	}
	return c.statements(doc.Statements)
}

// positions are the lines of the files.
type positions map[string][]string

// rest is what stands in the source from a position on.
func (c positions) rest(p Pos) (string, error) {
	lines, ok := c[p.File]
	if !ok || p.Line < 1 || p.Line > len(lines) || p.Column < 1 || p.Column > len(lines[p.Line-1])+1 {
		return "", fmt.Errorf("position %s is outside of the files", p)
	}
	return lines[p.Line-1][p.Column-1:], nil
}

func (c positions) trail(t Trail) error {
	for _, step := range t {
		if _, err := c.rest(step.Pos); err != nil {
			return fmt.Errorf("step %s: %w", step, err)
		}
	}
	return nil
}

func (c positions) statements(list []*Statement) error {
	for _, s := range list {
		if len(s.Words) == 0 || s.Pos != s.Words[0].Pos {
			return fmt.Errorf("statement at %s: words %v", s.Pos, s.Words)
		}
		for _, w := range s.Words {
			if err := c.word(w); err != nil {
				return fmt.Errorf("word %q at %s: %w", w.Text, w.Pos, err)
			}
		}
		if s.HasBlock {
			if _, err := c.rest(s.BlockEnd); err != nil {
				return fmt.Errorf("end of the block of %s: %w", s.Pos, err)
			}
		} else if len(s.Block) > 0 || s.BlockEnd.IsValid() {
			return fmt.Errorf("statement at %s has a block's contents, but no block", s.Pos)
		}
		if err := c.statements(s.Block); err != nil {
			return err
		}
	}
	return nil
}

// word checks that the source at the position is the word, except for the
// backslashes that protected a comment character.
func (c positions) word(w Word) error {
	rest, err := c.rest(w.Pos)
	if err != nil {
		return err
	}
	if err := c.trail(w.Trail); err != nil || w.Expanded {
		return err
	}
	if w.Quoted {
		if !strings.HasPrefix(rest, `"`) {
			return fmt.Errorf("no quote there, but %q", rest)
		}
		rest = rest[1:]
	}
	for i := range len(w.Text) {
		if len(rest) > 1 && rest[0] == '\\' && isComment(rest[1]) && w.Text[i] != '\\' {
			rest = rest[1:]
		}
		if rest == "" || rest[0] != w.Text[i] {
			return fmt.Errorf("%q stands there", rest)
		}
		rest = rest[1:]
	}
	return nil
}

func TestPositions(t *testing.T) {
	main := "a  b\"c\"d{e\tf}\n  g\\#h \"i j\"\n$A=one two\nk ${A}l m$A\n" +
		"include inc\n~SEQ(n,1,2) o$n p {\n  q # r\n}\n}\n$M=s \\\nt\nu $M\n"
	dir := files("inc", "v\n  w {\n  x\n  }\n")
	doc, diags := parseIn(dir, main)
	if err := checkPositions(map[string]string{"f": main, "inc": string(dir["inc"].Data)}, doc, diags); err != nil {
		t.Error(err)
	}
	var got []string
	var walk func([]*Statement)
	walk = func(list []*Statement) {
		for _, s := range list {
			for _, w := range s.Words {
				got = append(got, fmt.Sprintf("%s %s %v", w.Pos, w.Text, w.Trail))
			}
			if s.HasBlock {
				walk(s.Block)
				got = append(got, fmt.Sprintf("%s }", s.BlockEnd))
			}
		}
	}
	walk(doc.Statements)
	want := `f:1:1 a []
f:1:4 b []
f:1:5 c []
f:1:8 d []
f:1:10 e []
f:1:12 f []
f:1:13 }
f:2:3 g#h []
f:2:8 i j []
f:4:1 k []
f:4:3 one [value of $A, defined at f:3:4]
f:4:3 twol [value of $A, defined at f:3:4]
f:4:9 mone []
f:4:10 two [value of $A, defined at f:3:4]
inc:1:1 v [included from f:5:1]
inc:2:3 w [included from f:5:1]
inc:3:3 x [included from f:5:1]
inc:4:3 }
f:6:13 o1 [repeated by ~SEQ n=1 at f:6:1]
f:6:17 p [repeated by ~SEQ n=1 at f:6:1]
f:6:13 o2 [repeated by ~SEQ n=2 at f:6:1]
f:6:17 p [repeated by ~SEQ n=2 at f:6:1]
f:7:3 q []
f:8:1 }
f:9:1 }
f:12:1 u []
f:12:3 s [value of $M, defined at f:10:4]
f:12:3 t [value of $M, defined at f:11:1]`
	if g := strings.Join(got, "\n"); g != want {
		t.Errorf("words and places\n%s\nwant\n%s", g, want)
	}
}
