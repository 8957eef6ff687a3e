package show

import (
	"strings"

	"github.com/xvrrp/xvrrp/internal/control"
)

// Reload is `xvrrp reload`: what was found in the files and what changes.
func (p Paper) Reload(r control.ReloadResult, dry bool) string {
	var b strings.Builder
	for _, f := range r.Findings {
		for line := range strings.Lines(f) { // laid out already, carets and all
			b.WriteString(strings.TrimRight(cleanLine(line), " ") + "\n")
		}
	}
	if !r.OK {
		b.WriteString(p.paint(red, "not reloaded, nothing has changed"))
		if r.Error != "" && len(r.Findings) == 0 { // else it is one of them
			b.WriteString(": " + clean(r.Error))
		}
		b.WriteByte('\n')
		return b.String()
	}
	for _, step := range r.Plan {
		b.WriteString(wrap("  ", clean(step)))
	}
	switch {
	case len(r.Plan) == 0:
		b.WriteString("no changes\n")
	case dry:
		b.WriteString("dry run: nothing has changed\n")
	case r.Applied:
		b.WriteString(p.paint(green, "reloaded") + "\n")
	default:
		b.WriteString("nothing has changed\n")
	}
	return b.String()
}

// cleanLine is clean for a line whose tabs count.
func cleanLine(s string) string {
	parts := strings.Split(strings.TrimRight(s, "\n"), "\t")
	for i := range parts {
		parts[i] = clean(parts[i])
	}
	return strings.Join(parts, "\t")
}
