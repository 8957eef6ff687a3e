package main

import (
	"os"
	"strings"

	"github.com/xvrrp/xvrrp/internal/config"
)

// withLines gives findings about several nodes, which know a place but not its
// text, the line that they point at. They point at the head of an instance,
// where no secret stands. A file that cannot be read again shows no line.
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
			f.Line = strings.TrimSuffix(lines[f.Pos.Line-1], "\r")
		}
	}
	return findings
}
