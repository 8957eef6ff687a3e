package show

import (
	"fmt"
	"strings"
)

// Remark is one thing that a person should know: what it is, why it hurts,
// what to do about it.
type Remark struct {
	// Code is stable, for scripts.
	Code string `json:"code"`
	// Problem: something is wrong. Otherwise it is good to know.
	Problem bool   `json:"problem"`
	What    string `json:"what"`
	Why     string `json:"why,omitempty"`
	Remedy  string `json:"remedy,omitempty"`
}

// remarks prints a list of them.
func (p Paper) remarks(list []Remark) string {
	var b strings.Builder
	for _, r := range list {
		mark, shade := "note", yellow
		if r.Problem {
			mark, shade = "problem", red
		}
		head := wrap("  ", fmt.Sprintf("%s: %s [%s]", mark, clean(r.What), r.Code))
		b.WriteString(strings.Replace(head, mark+":", p.paint(shade, mark+":"), 1))
		if r.Why != "" {
			b.WriteString(wrap("      why: ", clean(r.Why)))
		}
		if r.Remedy != "" {
			b.WriteString(wrap("      remedy: ", clean(r.Remedy)))
		}
	}
	return b.String()
}
