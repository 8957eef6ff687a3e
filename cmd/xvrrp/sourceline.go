package main

import (
	"os"
	"strings"

	"github.com/xvrrp/xvrrp/internal/config"
)

// withLines gives findings about several nodes, which know a place but not its
// text, the line that they point at. They point at a keyword. Secrets stand in
// blocks, so nothing is shown of a line from its { on, and no line that has one
// before the keyword. A file that cannot be read again shows no line.
func withLines(findings []config.Finding) []config.Finding {
	files := map[string][]string{}
	for i := range findings {
		f := &findings[i]
		if f.Line != "" || f.Pos.Line == 0 {
			continue
		}
		lines, read := files[f.Pos.File]
		if !read {
			if text, err := os.ReadFile(f.Pos.File); err == nil {
				lines = strings.Split(string(text), "\n")
			}
			files[f.Pos.File] = lines
		}
		if f.Pos.Line <= len(lines) {
			f.Line = harmless(lines[f.Pos.Line-1], f.Pos.Column)
		}
	}
	return findings
}

func harmless(line string, column int) string {
	line = strings.TrimSuffix(line, "\r")
	brace := strings.IndexByte(line, '{')
	switch {
	case brace < 0:
		return line
	case column > brace:
		return ""
	}
	return line[:brace+1]
}
