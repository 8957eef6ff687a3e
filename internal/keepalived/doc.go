// Package keepalived reads the language of keepalived.conf: text in, a tree of
// statements out. It knows comments, quotes, braces, conditional lines,
// definitions, generators and includes; it does not know what a keyword means.
//
//	doc, diags := keepalived.Parse([]string{"/etc/keepalived/keepalived.conf"}, keepalived.Options{})
//	for _, d := range diags {
//		fmt.Print(d.Format())
//	}
//	for _, s := range doc.Statements {
//		fmt.Println(s.Pos, s.Keyword(), s.Args(), len(s.Block))
//	}
//
// What always holds:
//
//   - every statement and every word knows file, line and column, also when it
//     came out of an include, a definition or a generator; its Trail says how;
//   - blocks are balanced: an unknown keyword with a block is one statement
//     with a block, and never disturbs the block around it;
//   - nothing is dropped without a diagnostic;
//   - input never panics, and every way to make the text grow has a limit that
//     the error names.
//
// Where keepalived's own reading only hurts, ours differs, and a diagnostic
// says so: a line of more than 1023 bytes is read whole; an undefined ${NAME}
// and a {{placeholder}} stay one word instead of opening blocks; a condition,
// definition or generator behind a brace ends at the "}" of its block; a
// condition that does not hold skips the whole of a multi-line definition;
// blank and byte order mark in the wrong place are named. The tests hold the
// rest against keepalived itself.
package keepalived
