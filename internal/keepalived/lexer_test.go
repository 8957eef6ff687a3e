package keepalived

import (
	"strings"
	"testing"
)

// vector is text, what it reads as, and what is said about it.
type vector struct {
	name, text, want, said string
}

func run(t *testing.T, vectors []vector) {
	t.Helper()
	opt := Options{ConfigID: "main", Env: func(name string) (string, bool) { return "home", name == "HOME" }, Seed: 1}
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			doc, diags := ParseString("f", v.text, opt)
			if got := dump(doc.Statements); got != v.want {
				t.Errorf("%q\n reads as %s\n not as   %s", v.text, got, v.want)
			}
			if got := brief(diags); got != v.said {
				t.Errorf("%q\n says %s\n not  %s", v.text, got, v.said)
				for _, d := range diags {
					t.Log(d.Format())
				}
			}
		})
	}
}

// The lexer vectors of the reference that are about words; the one about
// numbers (`priority $A-2`) is here as far as the language goes.
func TestVectors(t *testing.T) {
	run(t, []vector{
		{"comment in a word", `auth_pass a!b`, `auth_pass a`, "1:12 comment-in-word"},
		{"escaped comment", `auth_pass a\!b`, `auth_pass a!b`, ""},
		{"quoted comment", `auth_pass "a!b"`, `auth_pass [a!b]`, ""},
		{"quote in a word", `auth_pass a"b"c`, `auth_pass a [b] c`, ""},
		{"brace without blank", `global_defs{router_id one}`, `global_defs {router_id one}`, ""},
		{"block on one line", `virtual_ipaddress { 10.0.0.1 }`, `virtual_ipaddress {10.0.0.1}`, ""},
		{"no continuation", "router_id foo\\\nvrrp_version 3", `router_id foo\; vrrp_version 3`, "1:14 continuation"},
		{"definition", "$A=1\npriority ${A}0", `priority 10`, ""},
		{"definition not replaced", "$A=1\npriority $A-2", `priority $A-2`, "2:10 definition-use"},
		{"other id", "@other priority 5\nx", `x`, ""},
		{"sequence", "virtual_ipaddress {\n~SEQ(i,1,3) 10.0.0.$i\n}",
			`virtual_ipaddress {10.0.0.1; 10.0.0.2; 10.0.0.3}`, ""},
		{"unknown block", "vrrp_instance X {\nfoo { bar 1 }\npriority 50\n}\ny",
			`vrrp_instance X {foo {bar 1}; priority 50}; y`, ""},
		{"unclosed quote", "vrrp_script x {\nscript \"abc\n}\ny", `vrrp_script x {script [abc]}; y`, "2:8 quote"},
	})
}

func TestLines(t *testing.T) {
	run(t, []vector{
		{"crlf", "a b\r\n  c\r\r\nd\te", "a b; c; d e", ""},
		{"nul byte", "a\nb\x00c\nd", "a; d", "2:2 nul-byte"},
		{"byte order mark", "\ufeffa b", "a b", "1:4 byte-order-mark"},
		{"utf-16", "\xff\xfea\x00", "", "1:1 encoding"},
		{"carriage return inside", "a\rb", "a\rb", "1:2 odd-character"},
		{"no-break space", "priority\u00a0100", "priority\u00a0100", "1:9 odd-character"},
		{"keywords are case sensitive", "Priority 1", "Priority 1", ""},
		{"long line", "a " + strings.Repeat("x", 1021) + "\nb " + strings.Repeat("y", 1022),
			"a " + strings.Repeat("x", 1021) + "; b " + strings.Repeat("y", 1022), "2:1024 line-too-long"},
		{"comment goes on in a long line", "a\n# " + strings.Repeat("x", 1100) + " b\nc", "a; c", "2:1024 line-too-long"},
		{"far too long line", "a\nb " + strings.Repeat("y", 20000) + "\nc", "a; c", "2:1 limit"},
		{"empty", "", "", "0:0 file-empty"},
		{"only comments", "# x\n\n ! y\n", "", "0:0 file-empty"},
	})
}

func TestComments(t *testing.T) {
	run(t, []vector{
		{"both characters", "a # b\n! c\nd ! e", "a; d", ""},
		{"at a brace", "a {# b\n}# c", "a {}", ""},
		{"after a quote", `a "b"#c`, "a [b]", ""},
		{"in single quotes", `a 'b#c'`, "a 'b", "1:5 comment-in-word"},
		{"quote in a comment", "a # it's \"so\nb", "a; b", ""},
		{"escaped twice", `a b\\#c`, `a b\\`, "1:6 comment-in-word"},
		{"escaped thrice", `a b\\\#c`, `a b\\#c`, ""},
		{"backslash in quotes", `a "b\" # c`, `a [b\]`, ""},
		{"backslash in a quoted command", `script "b \"c # d\"" # e`, `script [b \"c # d\"]`, ""},
		{"ends in a backslash", "a b # c \\\nd", "a b; d", "1:1 comment-backslash"},
		{"not unescaped in quotes", `a "b\#c"`, `a [b\#c]`, ""},
	})
}

func TestWords(t *testing.T) {
	run(t, []vector{
		{"three words", `a"b"c`, "a [b] c", ""},
		{"adjacent quotes", `x "a""b"c`, "x [a] [b] c", ""},
		{"single quotes mean nothing", `x 'a b'`, "x 'a b'", ""},
		{"empty word", `x ""`, "x []", ""},
		{"unclosed", `x "a b`, "x [a b]", "1:3 quote"},
		{"only a quote", `x "`, "x []", "1:3 quote"},
		{"superfluous words stay", "interface eth0 virtual_router_id 1", "interface eth0 virtual_router_id 1", ""},
		{"braces in quotes", `x "a{b" "c}d"`, "x [a{b] [c}d]", ""},
		{"braces in single quotes", "x 'a{b}'", "x 'a {b}; '", ""},
		{"backslash before a brace", "a\\{b }", `a\ {b}`, ""},
		{"command", `notify_master "/x.sh master 'a b'" nobody`, "notify_master [/x.sh master 'a b'] nobody", ""},
	})
}

func TestBraces(t *testing.T) {
	run(t, []vector{
		{"no blanks", "unicast_peer{10.0.0.2}", "unicast_peer {10.0.0.2}", ""},
		{"next line", "a b\n\n# c\n{\nd\n}\ne", "a b {d}; e", ""},
		{"one piece, one statement", "v { 10.0.0.1/24 10.0.0.2/24 }", "v {10.0.0.1/24 10.0.0.2/24}", ""},
		{"all on one line", "a{b{c d}e}f", "a {b {c d}; e}; f", ""},
		{"empty block", "a {}", "a {}", ""},
		{"statement after a block", "a { b } c d", "a {b}; c d", ""},
		{"brace without a keyword", "{\na\n}\nb", "a; b", "1:1 brace-unexpected"},
		{"second block", "a { b } { c }", "a {b}; c", "1:9 brace-unexpected"},
		{"doubled brace", "a { {\nb\n}\n}\nc", "a {b}; c", "1:5 brace-unexpected"},
		{"extra", "a {\nb\n}\n}\nc", "a {b}; c", "4:1 brace-extra"},
		{"extra at once", "}\nc", "c", "1:1 brace-extra"},
		{"missing", "a {\n b", "a {b}", "1:1 brace-missing"},
		{"missing inside, found by a statement", "a X {\n  b {\n    c\n  d 1\n}\ne Y {\n  f\n}",
			"a X {b {c; d 1}; e Y {f}}", "2:3 brace-missing"},
		{"missing inside, found by the brace", "a X {\n  b {\n    c\n}\ne Y {\n  f\n}",
			"a X {b {c}; e Y {f}}", "2:3 brace-missing"},
		{"missing at the end of a block", "a X {\n  c\n\na Y {\n  f\n}", "a X {c; a Y {f}}", "1:1 brace-missing"},
		{"missing without indentation", "a X {\nc\na Y {\nf\n}", "a X {c; a Y {f}}", "1:1 brace-missing"},
		{"missing twice", "a {\n  b {\n    c\n", "a {b {c}}", "1:1 brace-missing, 2:3 brace-missing"},
		{"oddly indented but closed", "a {\n  b {\n    c\n d\n  }\n}\ne {\n", "a {b {c; d}}; e {}", "7:1 brace-missing"},
		{"unknown blocks nest", "foo { bar { baz } }\nx", "foo {bar {baz}}; x", ""},
		{"no block where one is expected", "vrrp_instance X\npriority 1\n}\ny",
			"vrrp_instance X; priority 1; y", "3:1 brace-extra"},
	})
}

func TestConditions(t *testing.T) {
	run(t, []vector{
		{"equal", "@main a b", "a b", ""},
		{"not equal", "@mai a\n@mainx b\n@MAIN c\nd", "d", ""},
		{"unless", "@^main a\n@^other b", "b", ""},
		{"nothing behind", "@main\na\n@other", "a", ""},
		{"indented, with tab", " \t@main\ta", "a", ""},
		{"empty id", "@ a\n@^ b", "b", ""},
		{"before a definition", "@main $A=1\n@other $A=2\nx${A}", "x1", ""},
		{"defined for another host", "@other $A=1\n@third $A=2\nx $A\ny ${A}\nz \"$A\"", "x $A; y ${A}; z [$A]", "3:3 undefined, 4:3 undefined, 5:4 undefined"},
		{"defined for another host first", "@other $A=1\n@main $A=2\nx $A", "x 2", ""},
		{"before a block", "@main a {\n@other b {\nc\n}", "a {c}", ""},
		{"before an unfinished definition", "@other $A=1 \\\nb \\\nc\nd\nx${A}", "d; x${A}", "1:8 definition-condition, 5:2 undefined"},
		{"out of a definition", "$M=@main\n$M a\nb", "b", "2:1 condition-place"},
		{"out of a definition, with a block", "$M=@main\n$M a {\nc\n}\nb", "b", "2:1 condition-place"},
		{"twice", "@main @main a\nb", "b", "1:7 condition-place"},
		{"after a brace", "a { @main b\n@other c\n} @other d\ne {@main f\n}", "a {b}; e {f}", ""},
		{"up to its brace", "a { @other b } c\nd", "a {}; c; d", "1:5 brace-reach"},
		{"with a generator", "@main ~SEQ(i,1,2) a$i\n~SEQ(i,1,2) @main b$i", "a1; a2; b1; b2", ""},
	})
}
