package show

import "strings"

// cell is one field of a table. The colour does not count for its width.
type cell struct {
	text string
	ink  ink
}

func word(text string) cell         { return cell{text, plain} }
func inked(i ink, text string) cell { return cell{text, i} }

// gap is what stands between two columns.
const gap = "  "

// table lays rows out in columns. What is wider than a line is shortened in
// the widest column, again and again.
func (p Paper) table(rows [][]cell) []string {
	var widths []int
	for _, row := range rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], columns(c.text))
		}
	}
	shrink(widths)
	lines := make([]string, 0, len(rows))
	for _, row := range rows {
		var b strings.Builder
		for i, c := range row {
			text := fit(c.text, widths[i])
			b.WriteString(p.paint(c.ink, text))
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-columns(text)) + gap)
			}
		}
		lines = append(lines, strings.TrimRight(b.String(), " "))
	}
	return lines
}

// shrink takes from the widest column until the line fits.
func shrink(widths []int) {
	for {
		total, widest := len(gap)*(len(widths)-1), 0
		for i, w := range widths {
			total += w
			if w > widths[widest] {
				widest = i
			}
		}
		if total <= Width || widths[widest] <= 1 {
			return
		}
		widths[widest]--
	}
}

// lines lays rows out like table, but wraps the last column instead of
// shortening it: a text of one line or more for each row.
func (p Paper) lines(indent string, rows [][]cell) []string {
	widths := map[int]int{}
	for _, row := range rows {
		for i, c := range row[:len(row)-1] {
			widths[i] = max(widths[i], columns(c.text))
		}
	}
	var texts []string
	for _, row := range rows {
		bare, painted := indent, indent
		for i, c := range row[:len(row)-1] {
			blanks := ""
			if widths[i] > 0 {
				blanks = strings.Repeat(" ", widths[i]-columns(c.text)) + gap
			}
			bare += c.text + blanks
			painted += p.paint(c.ink, c.text) + blanks
		}
		texts = append(texts, p.lead(bare, painted, row[len(row)-1]))
	}
	return texts
}

// lead wraps a text behind what stands at the beginning of its first line,
// painted. Without room for the text there is a line for each.
func (p Paper) lead(bare, painted string, c cell) string {
	const least = 20
	if columns(bare) > Width-least {
		return strings.TrimRight(fit(bare, Width), " ") + "\n" + wrap("    ", c.text)
	}
	first, rest, more := strings.Cut(wrap(bare, c.text), "\n")
	text := strings.TrimRight(painted+p.paint(c.ink, strings.TrimPrefix(first, bare)), " ") + "\n"
	if more {
		text += rest
	}
	return text
}
