package keepalived

import (
	"fmt"
	"strings"
	"testing"
)

func TestDefinitions(t *testing.T) {
	run(t, []vector{
		{"value is verbatim", `$X="a b"` + "\nx $X", "x [a b]", ""},
		{"blanks after the equals sign", "$A=  1 2  \nx${A}y", "x1 2y", ""},
		{"empty", "$A=\nx${A}0", "x0", ""},
		{"comment after a value", "$A=1 # foo\nx${A}0", "x10", ""},
		{"no blank before the equals sign", "$A =1\nb $A", "b $A", "1:1 definition-blank"},
		{"name must begin with a letter", "$1=2\nb", "$1=2; b", ""},
		{"letters and digits", "$A_b1=2\nx${A_b1}", "x2", ""},
		{"in a block, indented", "a {\n $A=1\n x $A\n}\ny $A", "a {x 1}; y 1", ""},
		{"after a brace", "a {$A=1\n}\nx${A}", "a {}; x1", ""},
		{"after a brace, up to its brace", "a {$A=1 }\nx${A}", "a {}; x1", "1:4 brace-reach"},
		{"of a definition", "$A=$B=5\n$A\nx${B}", "x5", ""},
		{"redefined", "$A=1\nx $A\n$A=2\ny $A", "x 1; y 2", ""},
		{"shadows a predefined one", "$_HASH=1\nx ${_HASH}", "x 1", ""},
		{"before comma and parenthesis", "$A=1\nx$A,b c$A)", "x1,b c1)", ""},
		{"not before others", "$A=1\nx$A-2 y\"$A\"", "x$A-2 y [$A]", "2:2 definition-use, 2:9 definition-use"},
		{"in quotes and words", "$A=1\nx \"a ${A}\" b${A}c \"d $A e\"", "x [a 1] b1c [d 1 e]", ""},
		{"undefined stays", "x $A\ny \"$B c\"", "x $A; y [$B c]", ""},
		{"undefined in braces stays whole", "x ${A} b\ny", "x ${A} b; y", "1:3 undefined"},
		{"undefined in braces in quotes", `x "${A}"`, "x [${A}]", "1:4 undefined"},
		{"of a shell", `script "/bin/sh -c 'echo $HOME ${HOME}'"`, "script [/bin/sh -c 'echo $HOME ${HOME}']", ""},
		{"defined too late", "x $A\n$A=1", "x $A", "1:3 definition-order"},
		{"repeated", "$A=${B}x\n$B=1\ny${A}", "y1x", ""},
		{"lazy", "$A=1\n$B=${A}2\nx${B}\n$A=3\nx${B}", "x12; x32", ""},
		{"one after the other", "$A=7\nx$$A $A\n$A$A", "x$7 7; $A7", ""},
		{"name made of a name", "$A1=p\n$i=1\nx${A${i}}", "xp", ""},
		{"braces in a value", "$A={\nx $A\ny\n}\nz", "x {y}; z", ""},
		{"quotes in a value", "$Q=\"\n${Q}a b${Q} c", "[a b] c", ""},
		{"comment made by expansion", "x a${_HASH}b c\ny ${_BANG} z", "x a; y", "1:4 comment-in-word"},
		{"escaped comment in an expanded line", "$A=1\nx b\\#${A}", "x b", "2:5 comment-in-word"},
		{"contains itself", "$A=${A}x\nb${A}\nc", "c", "2:1 limit"},
		{"contains itself slowly", "$A=${A}\nb${A}\nc", "c", "2:1 limit"},
		{"dropped with its block", "a {\n$L=${L}\nb $L {\nc\n}\nd\n}\ne", "a {d}; e", "3:1 limit"},
		{"grows", "$A=${B}${B}${B}${B}\n$B=${C}${C}${C}${C}\n$C=" + strings.Repeat("x", 2000) + "\nb ${A}\nc",
			"c", "3:1024 line-too-long, 4:1 limit"},
	})
}

func TestMultiLine(t *testing.T) {
	run(t, []vector{
		{"lines", "$M=a1 \\\n a2 b \\\n\n$M", "a1; a2 b", ""},
		{"prefix before the first line", "$M=a1 \\\n a2 \\\n a3\nfoo $M\nz", "foo a1; a2; a3; z", ""},
		{"no first line", "$M=\\\na \\\nb\n$M", "a; b", ""},
		{"as a block", "$M={ \\\n Z\\\n}\nx X $M\nY", "x X {Z}; Y", ""},
		{"in a word", "$M=1 \\\n2\nfoo${M}", "foo1; 2", ""},
		{"blank line ends it", "$M=a1 \\\n a2 \\\n\na3\nfoo $M", "a3; foo a1; a2", ""},
		{"comments", "$M=a1 \\ # c\n a2 # d\na3\nfoo ${M}", "a3; foo a1; a2", ""},
		{"conditions count at the use", "$M=a1 \\\n @main a2 \\\n @other a3 \\\n @^main a4\nfoo $M", "foo a1; a2", ""},
		{"comments that go on", "$M=1 # c \\\n# d \\\n2 # e\nb\n$M", "b; 1; 2", ""},
		{"escaped comments", "$M=1 \\\na\\#b\nx $M", "x 1; a#b", ""},
		{"nested", "$N=n1 \\\n n2\n$M=a1 \\\n b $N\\\n c $N\\\n a3\nfoo $M", "foo a1; b n1; n2; c n1; n2; a3", ""},
		{"nested first", "$N=n1 \\\n n2\n$M=$N\\\n c\nfoo $M", "foo n1; n2; c", ""},
		{"by another name", "$M=1 \\\n2\n$A=$M\nfoo $A", "foo 1; 2", ""},
		{"definitions and generators inside", "$M=\\\n~SEQ(i,1,2) a$i \\\n$Q=z\\\n$Q\n$M", "a1; a2; z", ""},
		{"definitions at the use", "$M=1 \\\nx${B} \\\n\n$B=3\n$M", "1; x3", ""},
		{"not last", "$M=a \\\n b\nfoo $M bar\nc", "foo $M bar; c", "3:5 definition-use"},
		{"not last, braces", "$M=a \\\n b\nfoo ${M}x\nc", "foo ${M}x; c", "3:5 definition-use"},
		{"unfinished", "a\n$M=a \\\n b \\", "a", "2:1 definition-unfinished"},
		{"contains itself", "$M=a \\\n$M\n$M\nz", strings.Repeat("a; ", 16) + "z", "3:1 limit"},
		{"begins with itself", "$M=$M \\\nb\n$M\nz", "z", "3:1 limit"},
	})
}

func TestPredefined(t *testing.T) {
	run(t, []vector{
		{"instance", "x${_INSTANCE} $_INSTANCE", "xmain main", ""},
		{"environment", "x${_ENV HOME}y", "xhomey", ""},
		{"environment, unset", "x${_ENV NOPE}y", "xy", "1:2 environment"},
		{"environment without braces", "x $_ENV HOME", "x $_ENV HOME", ""},
		{"hash and bang", `x "${_HASH}${_BANG}"`, "x [#!]", ""},
		{"random", "x ${_RANDOM 5 5} ${_RANDOM 0}", "x 5 0", ""},
		{"random, wrong", "x ${_RANDOM 6 5}", "x ${_RANDOM 6 5}", "1:3 undefined"},
	})
}

func TestRandomIsRepeatable(t *testing.T) {
	read := func(text string) string {
		doc, _ := ParseString("f", text, Options{})
		return dump(doc.Statements[len(doc.Statements)-1:])
	}
	const text = "global_defs {\nrandom_seed 7\n}\nx ${_RANDOM} ${_RANDOM 1000000} ${_RANDOM 10 20000000}"
	if a, b := read(text), read(text); a != b {
		t.Errorf("the same seed gave %s and %s", a, b)
	}
	if a, b := read(text), read(strings.Replace(text, "7", "8", 1)); a == b {
		t.Errorf("two seeds gave the same: %s", a)
	}
	for range 200 {
		var n int
		if _, err := fmt.Sscanf(read("x ${_RANDOM 3 5}"), "x %d", &n); err != nil || n < 3 || n > 5 {
			t.Fatalf("random number %d, error %v; want 3..5", n, err)
		}
	}
}

func TestGenerators(t *testing.T) {
	run(t, []vector{
		{"up", "~SEQ(i,1,3) x$i", "x1; x2; x3", ""},
		{"down", "~SEQ(i,3,1) x$i", "x3; x2; x1", ""},
		{"to", "~SEQ(i,3) x$i", "x1; x2; x3", ""},
		{"to a negative", "~SEQ(i,-2) x$i", "x-1; x-2", ""},
		{"step", "~SEQ(i,1,2,6) x$i", "x1; x3; x5", ""},
		{"step down", "~SEQ(i,6,-3,1) x$i", "x6; x3", ""},
		{"one", "~SEQ(i,4,4) x$i", "x4", ""},
		{"hex and octal", "~SEQ(i,0x10,021) x$i", "x16; x17", ""},
		{"in hex", "~SEQx(i,9,11) x$i", "x9; xa; xb", ""},
		{"in hex, negative", "~SEQx(i,-1,1) x$i\nb", "b", "1:1 generator"},
		{"zero step", "~SEQ(i,1,0,6) x$i\nb", "b", "1:1 generator"},
		{"wrong sign", "~SEQ(i,1,-1,6) x$i\nb", "b", "1:1 generator"},
		{"no number", "~SEQ(i,a,2) x$i\nb", "b", "1:1 generator"},
		{"too many numbers", "~SEQ(i,1,2,3,4) x$i\nb", "b", "1:1 generator"},
		{"no number at all", "~SEQ(i) x$i\n~SEQ() x\nb", "b", "1:1 generator, 2:1 generator"},
		{"no name", "~SEQ(1,2) x\nb", "b", "1:1 generator"},
		{"no parenthesis", "~SEQ(i,1,2\n~SEQ\nb", "b", "1:1 generator, 2:1 generator"},
		{"unknown", "~SEQy(i,1,2) x\nb", "b", "1:1 generator"},
		{"C numbers only", "~SEQ(i,1_0) x\n~SEQ(i,0b1) x\nb", "b", "1:1 generator, 2:1 generator"},
		{"blanks", " ~SEQ ( i , 1 , 2 )x$i", "x1; x2", ""},
		{"only at the beginning", "foo ~SEQ(i,1,2) x", "foo ~SEQ(i,1,2) x", ""},
		{"nested", "~SEQ(i,1,2) ~SEQ(j,1,$i) x${i}_$j", "x1_1; x2_1; x2_2", ""},
		{"with a block", "~SEQ(i,1,2) x${i} { y${i} }", "x1 {y1}; x2 {y2}", ""},
		{"in a block on its line", "v { ~SEQ(i,1,2) 10.0.0.$i }\nw { ~SEQ(i,1,2) x$i\n}", "v {10.0.0.1; 10.0.0.2}; w {x1; x2}", "1:5 brace-reach"},
		{"with blocks in a block", "v { ~SEQ(i,1,2) x$i { y$i } }", "v {x1 {y1}; x2 {y2}}", "1:5 brace-reach"},
		{"the variable hides a stale one", "~SEQ(i,1,2) q$i\na { ~SEQ(i,5,6) x$i\n}", "q1; q2; a {x5; x6}", ""},
		{"escaped comments", "~SEQ(i,1,2) a\\#b", "a#b; a#b", ""},
		{"with definitions", "$N=2\n$A1=p\n$A2=q\n~SEQ(i,1,$N) x${A${i}}", "xp; xq", ""},
		{"defining", "~SEQ(i,1,2) $A=$i\nx${A}", "x2", "2:2 generator-variable"},
		{"variable hides a definition", "$i=7\n~SEQ(i,1,2) x$i\ny", "x1; x2; y", ""},
		{"variable stays", "~SEQ(i,1,2) x$i\ny $i", "x1; x2; y 2", "2:3 generator-variable"},
		{"in a definition", "$G=~SEQ(k,1,2)\n$G x", "x; x", ""},
		{"multi-line", "$M=a${i} \\\nb${i}\n~SEQ(i,1,2) $M", "a1; b1; a2; b2", ""},
		{"list", "~LST(v, a, b,c) x$v", "xa; xb; xc", ""},
		{"list of groups", "~LST({v,w}, {a , b}, {c}) x${v}_$w", "xa_b; xc_", ""},
		{"list, surplus", "~LST({v,w},{a,b},{c,d,e}) x\nb", "b", "1:1 generator"},
		{"list, mixed", "~LST({v}, a, {b}) x$v", "xa; xb", ""},
		{"list, empty value", "~LST(v,a,,c) x${v}.", "xa.; x.; xc.", ""},
		{"list, no values", "~LST(v) x\nb", "b", "1:1 generator"},
		{"list, unclosed", "~LST(v,{a) x\n~LST(v,{a}b) x\nb", "b", "1:1 generator, 2:1 generator"},
		{"list of blocks", "~LST(v,a,b) x $v {\ny\n}\n}", "x a {x b {y}}", ""},
	})
}

// What makes text grow must end in an error that names the limit, soon.
func TestLimits(t *testing.T) {
	nest := "~SEQ(a,1,9) ~SEQ(b,1,9) ~SEQ(c,1,9) ~SEQ(d,1,9) ~SEQ(e,1,9) x ${a}${b}${c}${d}${e}\n"
	lines := func(n int) string { return strings.Repeat("x\n", n) }
	for _, c := range []struct {
		name, text, limit string
	}{
		{"a megabyte of nested generators", strings.Repeat(nest, 1<<20/len(nest)), "ExpandedBytes"},
		{"deep generators", strings.Repeat("~SEQ(a,1) ", 40) + "x", "Nesting"},
		{"wide generators", "~SEQ(a,1000000000) x", "Generated"},
		{"long lines repeated", "~SEQ(a,100000) x" + strings.Repeat("y", 1000), "ExpandedBytes"},
		{"definitions doubling", "$A=$B,$B\n$B=$C,$C\n$C=$D,$D\n$D=$A\nx $A", "Replacements"},
		{"multi-line definitions doubling", "$M=$M \\\n" + strings.Repeat("$M \\\n", 5000) + "\n$M", "Generated"},
		{"many statements", lines(300_000), "Statements"},
		{"many words", strings.Repeat(strings.Repeat("x ", 500)+"\n", 2100), "Words"},
		{"deep blocks", strings.Repeat("a {\n", 100), "BlockDepth"},
		{"large file", strings.Repeat(strings.Repeat("#", 80)+"\n", 60_000), "FileBytes"},
		{"deep braces in one line", strings.Repeat("a{", 2000), "BlockDepth"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, diags := ParseString("f", c.text, Options{ConfigID: "main"})
			for _, d := range diags {
				if d.Code == "limit" && d.Severity == Error && strings.Contains(d.Text, "limit "+c.limit+" = ") {
					return
				}
			}
			t.Errorf("no error names the limit %s: %s", c.limit, brief(diags))
		})
	}
}
