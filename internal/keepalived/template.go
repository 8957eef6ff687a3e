package keepalived

import (
	"fmt"
	"strings"
)

// templateSeen remembers what looks like an unrendered template: it is said
// once, at the first place, with the number of further ones.
type templateSeen struct {
	index, count int // index in parser.diagnostics
	reported     bool
}

func (t *templateSeen) see(p *parser, l line, i int, what string) {
	if t.count++; t.count > 1 {
		return
	}
	t.index = len(p.diagnostics)
	p.complain(Error, l, i, "template", fmt.Sprintf("%q looks like an unrendered template", what),
		"render the template first: replace the placeholder by its value")
	t.reported = len(p.diagnostics) == t.index+1
}

func (t *templateSeen) finish(p *parser) {
	if t.reported && t.count > 1 {
		p.diagnostics[t.index].Text += fmt.Sprintf(" (and %d more)", t.count-1)
	}
}

// bracePlaceholder is the end of a {{…}}, {%…%} or {#…#} that starts at s[i],
// or 0. It is one word: its braces are no blocks.
func bracePlaceholder(s string, i int) int {
	for _, pair := range [...][2]string{{"{{", "}}"}, {"{%", "%}"}} {
		if strings.HasPrefix(s[i:], pair[0]) {
			if n := strings.Index(s[i+2:], pair[1]); n >= 0 {
				return i + 2 + n + 2
			}
		}
	}
	return 0
}

// placeholder is a part of a word that no value contains: {{x}}, %NAME%, <name>.
func placeholder(word string) string {
	for i := range len(word) {
		switch word[i] {
		case '{':
			if end := bracePlaceholder(word, i); end > 0 {
				return word[i:end]
			}
		case '%':
			if end := nameEnd(word, i+1); end > i+1 && end < len(word) && word[end] == '%' {
				return word[i : end+1]
			}
		case '<':
			end := i + 1
			for end < len(word) && isPlaceholderByte(word[end]) {
				end++
			}
			if end > i+1 && end < len(word) && word[end] == '>' && isNameStart(word[i+1]) {
				return word[i : end+1]
			}
		}
	}
	return ""
}

func isPlaceholderByte(c byte) bool {
	return isNameStart(c) || '0' <= c && c <= '9' || c == '-' || c == '.' || c == ' '
}
