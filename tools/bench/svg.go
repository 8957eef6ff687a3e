package main

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
)

// curve is the distribution of one series in a plot.
type curve struct {
	name   string
	values []float64
}

// The plot's measures in pixels, and its colours: told apart also in grey and
// by people who do not see red and green alike.
const (
	width, height            = 720, 360
	left, right, top, bottom = 60, 20, 40, 50
)

var colours = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#555555"}

// distribution draws what share of the values is not greater than x, with x on
// a logarithmic scale. Values under the least are drawn at it.
func distribution(title, unit string, least float64, curves []curve) string {
	most := least * 10
	for _, c := range curves {
		for _, v := range c.values {
			most = max(most, v)
		}
	}
	decades := math.Ceil(math.Log10(most / least))
	x := func(v float64) float64 {
		return left + (width-left-right)*math.Log10(max(v, least)/least)/decades
	}
	y := func(share float64) float64 { return top + (height-top-bottom)*(1-share) }

	var s strings.Builder
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width, height)
	fmt.Fprintf(&s, `<rect width="100%%" height="100%%" fill="white"/>`+"\n")
	label(&s, left, 22, "start", title)
	for d := 0.0; d <= decades; d++ {
		at := least * math.Pow(10, d)
		line(&s, x(at), y(0), x(at), y(1), "#dddddd", 1)
		label(&s, x(at), height-bottom+18, "middle", fmt.Sprintf("%g", at))
	}
	for _, share := range []float64{0, 0.25, 0.5, 0.75, 1} {
		line(&s, left, y(share), width-right, y(share), "#dddddd", 1)
		label(&s, left-6, y(share)+4, "end", fmt.Sprintf("%g %%", 100*share))
	}
	label(&s, (left+width-right)/2, height-12, "middle", unit)
	for i, c := range curves {
		colour := colours[i%len(colours)]
		fmt.Fprintf(&s, `<polyline fill="none" stroke="%s" stroke-width="2" points="%s"/>`+"\n", colour, steps(c.values, x, y))
		line(&s, width-right-150, top+14+float64(i)*18, width-right-130, top+14+float64(i)*18, colour, 3)
		label(&s, width-right-124, top+18+float64(i)*18, "start", c.name)
	}
	s.WriteString("</svg>\n")
	return s.String()
}

// mostPoints of a curve are drawn: more cannot be seen.
const mostPoints = 400

func steps(values []float64, x, y func(float64) float64) string {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	var points []string
	for i := range min(n, mostPoints) {
		at := i
		if n > mostPoints {
			at = i * (n - 1) / (mostPoints - 1)
		}
		points = append(points, fmt.Sprintf("%.1f,%.1f", x(sorted[at]), y(float64(at+1)/float64(n))))
	}
	return strings.Join(points, " ")
}

func line(s *strings.Builder, x1, y1, x2, y2 float64, colour string, thick int) {
	fmt.Fprintf(s, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" stroke-width="%d"/>`+"\n", x1, y1, x2, y2, colour, thick)
}

func label(s *strings.Builder, x, y float64, anchor, text string) {
	fmt.Fprintf(s, `<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>`+"\n", x, y, anchor, html.EscapeString(text))
}
