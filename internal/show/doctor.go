package show

import (
	"fmt"
	"strings"

	"github.com/xvrrp/xvrrp/internal/doctor"
)

// Doctor is `xvrrp doctor`: the findings, the worst first, and a sum.
func (p Paper) Doctor(list []doctor.Finding) string {
	inks := map[doctor.Severity]ink{doctor.Problem: red, doctor.Warning: yellow, doctor.Note: blue}
	counts := map[doctor.Severity]uint64{}
	var b strings.Builder
	for _, f := range list {
		counts[f.Severity]++
		mark := f.Severity.String() + ":"
		text := wrap("", fmt.Sprintf("%s %s [%s]", mark, clean(f.What), f.Code))
		b.WriteString(strings.Replace(text, mark, p.paint(inks[f.Severity], mark), 1))
		b.WriteString(wrap("    why: ", clean(f.Why)))
		b.WriteString(wrap("    remedy: ", clean(f.Remedy)))
	}
	sum := fmt.Sprintf("%s, %s, %s", count(counts[doctor.Problem], "problem", "problems"),
		count(counts[doctor.Warning], "warning", "warnings"), count(counts[doctor.Note], "note", "notes"))
	shade := green
	if counts[doctor.Problem] > 0 {
		shade = red
	}
	b.WriteString(p.paint(shade, sum) + "\n")
	return b.String()
}
