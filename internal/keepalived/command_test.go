package keepalived

import (
	"slices"
	"strings"
	"testing"
)

// commandCases: raw text, the arguments and the words after them joined by
// "|", or the beginning of the error.
var commandCases = []struct{ raw, argv, rest, err string }{
	{raw: `"/x.sh master 'a b'"`, argv: "/x.sh|master|a b"},
	{raw: `"/x.sh a" nobody nogroup`, argv: "/x.sh|a", rest: "nobody|nogroup"},
	{raw: `/x.sh arg`, argv: "/x.sh", rest: "arg"},
	{raw: `'/x.sh arg'`, argv: "/x.sh|arg"},
	{raw: `"/x.sh "'a "b c"'" d" u`, argv: `/x.sh|a|b c|d`, rest: "u"},
	{raw: `/x\ y.sh z`, argv: "/x y.sh", rest: "z"},
	{raw: `"/bin/sh -c 'echo $HOME > /x && ls | wc'"`, argv: "/bin/sh|-c|echo $HOME > /x && ls | wc"},
	{raw: `"/bin/sh -c \"a b\""`, argv: `/bin/sh|-c|"a|b"`},
	{raw: `"</path"`, argv: "</path"},
	{raw: `"killall -0 haproxy"`, argv: "killall|-0|haproxy"},
	{raw: `"x a'b c'd e"`, argv: "x|ab cd|e"},
	{raw: `"x '' \"\""`, argv: `x||""`},
	{raw: `"x \a\b\E\f\n\r\t\v"`, argv: "x|\a\b\x1b\f\n\r\t\v"},
	{raw: `"x \1\12\123\1234 \x4\x41\x414 \cC\\ \q\"\'"`, argv: "x|\x01\x0aSS4|\x04AA4|\x03\\|q\"'"},
	{raw: `"x \xg \c"`, argv: "x|xg|c"},
	{raw: `"x y\"`, err: "the quote"},
	{raw: `x\`, argv: `x\`},
	{raw: `"x a" "b c" d`, argv: "x|a", rest: "b c|d"},
	{raw: `"abc`, err: "the quote"},
	{raw: `'abc`, err: "the quote"},
	{raw: `"/x 'a b"`, err: "the quote"},
	{raw: `"x \0"`, err: "the escape"},
	{raw: ``, err: "there is no command"},
	{raw: `  `, err: "there is no command"},
	{raw: `""`, err: "the command is empty"},
	{raw: `"  " user`, err: "the command is empty"},
	{raw: `"'' a"`, err: "the command is empty"},
}

func TestSplitCommand(t *testing.T) {
	for _, c := range commandCases {
		argv, rest, err := SplitCommand(c.raw)
		if c.err != "" {
			if err == nil || !strings.HasPrefix(err.Error(), c.err) {
				t.Errorf("%s: error %v, want %s", c.raw, err, c.err)
			}
			continue
		}
		if err != nil || strings.Join(argv, "|") != c.argv || strings.Join(rest, "|") != c.rest {
			t.Errorf("%s: %q, %q, %v; want %q, %q", c.raw, argv, rest, err, c.argv, c.rest)
		}
	}
}

// Raw is what SplitCommand wants, however the statement came to be.
func TestRaw(t *testing.T) {
	for _, c := range []struct {
		text string
		argv []string
		rest string
	}{
		{`script "/x.sh master 'a b'" # comment`, []string{"/x.sh", "master", "a b"}, ""},
		{`script"/x.sh a"nobody`, []string{"/x.sh", "anobody"}, ""},
		{"$D=/opt\n" + `notify_master "${D}/x '#1!'"   bob  `, []string{"/opt/x", "#1!"}, "bob"},
		{`v { script "/x \"y\" {z}" u }`, []string{"/x", `"y"`, "{z}"}, "u"},
		{`script '/x a\#b'`, []string{"/x", "a#b"}, ""},
	} {
		doc, diags := ParseString("f", c.text, Options{})
		s := doc.Statements[0]
		if s.HasBlock {
			s = s.Block[0]
		}
		argv, rest, err := SplitCommand(s.Raw)
		if err != nil || !slices.Equal(argv, c.argv) || strings.Join(rest, " ") != c.rest || len(diags) > 0 {
			t.Errorf("%s: %q %q %v %s; want %q %q", c.text, argv, rest, err, brief(diags), c.argv, c.rest)
		}
	}
}
