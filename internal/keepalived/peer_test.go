package keepalived

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A keyword that keepalived does not know is named in its complaint, with the
// line. So a file of unknown keywords shows how it splits lines into words.
var complaintOf = regexp.MustCompile(`(?m)^\(Line (\d+)\) Unknown keyword '(.*)'$`)

// secondOpinion is what keepalived's own configuration test reads: line and
// keyword of every statement.
func secondOpinion(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keepalived.conf")
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "keepalived", "-t", "-i", "main", "-f", path)
	cmd.WaitDelay = time.Second
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatalf("run keepalived, the peer of our tests: %v", err)
	}
	var got []string
	for _, m := range complaintOf.FindAllStringSubmatch(string(out), -1) {
		if m[2] != "}" { // an extra brace is also told as an unknown word
			got = append(got, m[1]+" "+m[2])
		}
	}
	return strings.Join(got, ", ")
}

func ours(text string) string {
	doc, _ := ParseString("f", text, Options{ConfigID: "main"})
	var got []string
	var walk func([]*Statement)
	walk = func(list []*Statement) {
		for _, s := range list {
			got = append(got, fmt.Sprintf("%d %s", s.Pos.Line, s.Keyword()))
			walk(s.Block)
		}
	}
	walk(doc.Statements)
	return strings.Join(got, ", ")
}

// Debian's keepalived 2.2.7 must read these as we do.
func TestPeerAgrees(t *testing.T) {
	for _, text := range []string{
		"a!b\nc#d\n! e\n# f\ng h",
		"a\"b\"c\n\"d e\" f\n\"\" g\n'h i'",
		"a\r\nb c\r\n\n\td",
		"a{b{c d}e}f",
		"a {\nb\n}\n}\nc",
		"a { b c\nd",
		"a \"b\nc",
		"a b\n\n# c\n{\nd\n}\ne",
		"{\na\n}\nb",
		"a\\\nb",
		"a b\n\"c#d!e\"\n\"f\\#g\"",
		"a\\\\#b",
		"@main a\n@other b\n@^main c\n@^other d\n@main\n @main e\n@\tf\n@^ g",
		"@main $A=1\n@other $A=2\na${A}",
		"$A=1 # foo\na${A}0\n$A=\nb${A}\n $A=2\nc${A}",
		"$A=1\na$A-2\nb$A,c\nd$A)\ne$$A $A\nf\\$A\n$A$A\n${A}$A",
		"$A=${B}x\n$B=1\na${A}\n$B=2\nb${A}",
		"$A1=p\n$i=1\na${A${i}}",
		"$A=\"a b\"\n$A\n$Q=\"\n${Q}c d${Q} e",
		"$A={\na $A\nb\n}\nc",
		"a${_INSTANCE} b\n$_INSTANCE",
		"a${_HASH}b c\n\"${_BANG}\"",
		"a${_RANDOM 5 5}",
		"$M=a1 \\\n a2 \\\n a3\nfoo $M\nz",
		"$M=a1 \\\n a2 \\\n\n a3\nfoo $M",
		"$M=a1 \\ # c\n a2 # d\n a3\nfoo ${M}",
		"$M=a1 \\\n @main a2 \\\n @other a3 \\\n @^main a4\nfoo $M",
		"$M=\\\n a2 \\\n a3\nfoo\n$M",
		"$M=1 \\\n2\n$A=$M\nfoo$A\nfoo${M}",
		"$M={ \\\n Z\\\n}\nx X $M\nY",
		"~SEQ(i,1,3) a$i\n~SEQ(i,3,1) b$i\n~SEQ(i,3) b$i\n~SEQ(i,-2) c$i\n~SEQ(i,1,2,6) d$i",
		"~SEQ(i,1,2) ~SEQ(j,1,$i) a${i}_$j",
		"~SEQ(i,0x10,021) a$i\n~SEQx(i,9,11) b$i\n~SEQ ( i , 1 , 2 )c$i",
		"~SEQ(i,1,2) @main a$i\n~SEQ(i,1,2) $A=$i\nb${A} c$i\nd${i}",
		"~SEQ(i,1,0,6) a\n~SEQ(i,1,-1,6) b\n~SEQ(i,a,2) c\n~SEQ(i,1,2,3,4) d\nfoo ~SEQ(i,1,2) e",
		"~SEQ(i,1,2) a${i} { b${i} }",
		"~LST(v,a,b) c$v\n~LST({v,w}, {a , b}, {c}) d${v}_$w\n~LST({v}, a, {b}) e$v",
		"~LST({v,w},{a,b},{c,d,e}) f\n~LST(v) g\nh",
	} {
		if peer, we := secondOpinion(t, text), ours(text); peer != we {
			t.Errorf("%q\nkeepalived reads %s\nwe read          %s", text, peer, we)
		}
	}
}

// Where we differ, on purpose: the reason stands before each.
func TestPeerDiffers(t *testing.T) {
	for _, c := range []struct{ reason, text, peer, ours string }{
		{"an undefined ${NAME} outside quotes stays one word",
			"a ${NO} b\nc", "1 a, 1 NO, 1 b, 2 c", "1 a, 2 c"},
		{"a placeholder in braces stays one word",
			"a {{ b }}\nc", "1 a, 1 b, 2 c", "1 a, 2 c"},
		{"a condition that does not hold takes the whole definition with it",
			"@other $M=a \\\nb \\\nc\nd", `2 b\, 3 c, 4 d`, "4 d"},
		{"a byte order mark is no part of the first word",
			"\ufeffa b", "1 \ufeffa", "1 a"},
		{"a condition inside a line is no keyword",
			"@main @main a\nb", "1 @main, 2 b", "2 b"},
		{"a definition with a blank before the equals sign is no keyword",
			"$A = 1\nb", "1 $A, 2 b", "2 b"},
	} {
		if peer := secondOpinion(t, c.text); peer != c.peer {
			t.Errorf("%s: %q\nkeepalived reads %s, not %s", c.reason, c.text, peer, c.peer)
		}
		if we := ours(c.text); we != c.ours {
			t.Errorf("%s: %q\nwe read %s, not %s", c.reason, c.text, we, c.ours)
		}
	}
}
