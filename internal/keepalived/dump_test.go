package keepalived

import (
	"fmt"
	"strings"
)

// dump writes statements so that tests can compare them: words in brackets
// when quoted, blocks in braces.
func dump(list []*Statement) string {
	var parts []string
	for _, s := range list {
		var words []string
		for _, w := range s.Words {
			if w.Quoted {
				words = append(words, "["+w.Text+"]")
			} else {
				words = append(words, w.Text)
			}
		}
		text := strings.Join(words, " ")
		if s.HasBlock {
			text += " {" + dump(s.Block) + "}"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

// brief is line:column code of every diagnostic.
func brief(diags []Diagnostic) string {
	var parts []string
	for _, d := range diags {
		parts = append(parts, fmt.Sprintf("%d:%d %s", d.Pos.Line, d.Pos.Column, d.Code))
	}
	return strings.Join(parts, ", ")
}
