package keepalived

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// generator is one ~SEQ or ~LST: in each round every name gets a value.
type generator struct {
	keyword string // "~SEQ", "~SEQx" or "~LST"
	names   []string
	rounds  int
	value   func(round, name int) string
}

// isGenerator reports whether a line begins with one.
func isGenerator(s string) bool {
	return strings.HasPrefix(s, "~SEQ") || strings.HasPrefix(s, "~LST")
}

// generate repeats the rest of the line. Its definitions are expanded in every
// round, the parameters only once.
func (p *parser) generate(l line) {
	open := strings.IndexByte(l.s, '(')
	end := parenthesis(l.s, open)
	if open < 0 || end < 0 {
		p.generatorError(l, l, errors.New("a generator is written ~SEQ(name, first, last) or ~LST(name, value, value)"))
		return
	}
	head, tail, _, ok := p.expand(l.with(l.slice(0, end+1)))
	if !ok {
		return
	}
	g, err := parseGenerator(head.s)
	if err == nil && len(tail) > 0 {
		err = errors.New("a multi-line definition stands among the parameters")
	}
	body := l.with(l.slice(end+1, len(l.s)).trim())
	if err != nil {
		p.generatorError(l, body, err)
		return
	}
	p.repeat(g, l, body.text)
}

// repeat feeds the body once for every round.
func (p *parser) repeat(g generator, l line, body text) {
	if l.nesting >= p.limits.Nesting {
		p.lineLimit(l, "Nesting", p.limits.Nesting, "generators are nested more than %d deep")
		return
	}
	defs := make([]*definition, len(g.names))
	for n, name := range g.names {
		defs[n] = &definition{name: name, pos: l.pos(0), variable: true, lines: make([]bodyLine, 1)}
	}
	for round := 0; round < g.rounds && !p.stopped; round++ {
		if p.generated++; p.generated > p.limits.Generated {
			p.hardLimit(l, "Generated", p.limits.Generated, "generators made more than %d lines")
			return
		}
		step := Step{Kind: StepGenerator, Name: g.keyword, Pos: l.pos(0)}
		for n, d := range defs {
			d.lines[0].s = g.value(round, n)
			p.definitions[d.name] = d
			step.Name += " " + d.name + "=" + d.lines[0].s
		}
		next := l.with(body)
		next.trail = l.trail.with(step)
		next.nesting++
		next.made = true
		if !p.spend(l, len(body.s)+64*len(next.trail)) {
			return
		}
		p.feed(next)
	}
	for _, d := range defs {
		d.stale = true
	}
}

// generatorError says why a line is not used; body is what it would repeat.
func (p *parser) generatorError(l, body line, err error) {
	p.report(Diagnostic{
		Code: "generator", Severity: Error, Pos: l.pos(0), Trail: l.trailAt(0), Line: l.src,
		Text:   err.Error(),
		Remedy: "nothing of this line is used until the generator is mended",
	})
	p.dropped(body)
}

// parenthesis is the index of the one that closes s[open].
func parenthesis(s string, open int) int {
	if open < 0 {
		return -1
	}
	depth := 0
	for i := open; i < len(s); i++ {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// parseGenerator reads "~SEQ(name, …)" or "~LST(name, …)".
func parseGenerator(s string) (generator, error) {
	open := strings.IndexByte(s, '(')
	if open < 0 || !strings.HasSuffix(s, ")") {
		return generator{}, errors.New("a generator needs its parameters in parentheses")
	}
	keyword, params := strings.TrimRight(s[:open], " \t"), s[open+1:len(s)-1]
	switch keyword {
	case "~SEQ", "~SEQx":
		return parseSequence(keyword, strings.Split(params, ","))
	case "~LST":
		return parseList(params)
	}
	return generator{}, fmt.Errorf("there is no generator %q; there are ~SEQ, ~SEQx and ~LST", keyword)
}

// parseSequence reads (name, last), (name, first, last) or
// (name, first, step, last).
func parseSequence(keyword string, params []string) (generator, error) {
	name, err := generatorName(params[0])
	if err != nil {
		return generator{}, err
	}
	if len(params) < 2 || len(params) > 4 {
		return generator{}, fmt.Errorf("%s takes a name and one, two or three numbers, not %d", keyword, len(params)-1)
	}
	var n []int64
	for _, param := range params[1:] {
		v, err := strconv.ParseInt(cNumber(strings.Trim(param, " \t")), 0, 33)
		if err != nil {
			return generator{}, fmt.Errorf("%s: %q is not a number", keyword, strings.Trim(param, " \t"))
		}
		n = append(n, v)
	}
	first, step, last := int64(1), int64(1), n[len(n)-1]
	if len(n) == 1 && last < 0 {
		first = -1
	}
	if len(n) > 1 {
		first = n[0]
	}
	if last < first {
		step = -1
	}
	if len(n) == 3 {
		if step = n[1]; step == 0 || step > 0 && last < first || step < 0 && last > first {
			return generator{}, fmt.Errorf("%s never comes from %d to %d in steps of %d", keyword, first, last, step)
		}
	}
	base := 10
	if keyword == "~SEQx" {
		if base = 16; first < 0 || last < 0 {
			return generator{}, fmt.Errorf("%s takes no negative numbers", keyword)
		}
	}
	return generator{
		keyword: keyword,
		names:   []string{name},
		rounds:  int((last-first)/step) + 1,
		value:   func(round, _ int) string { return strconv.FormatInt(first+int64(round)*step, base) },
	}, nil
}

// cNumber makes strconv read only what C's strtol reads: 12, 0x1f, 017.
func cNumber(s string) string {
	digits := strings.TrimLeft(s, "+-")
	if strings.ContainsAny(s, "_oObB") && !strings.HasPrefix(strings.ToLower(digits), "0x") || strings.Contains(s, "_") {
		return ""
	}
	return s
}

// parseList reads (name, value, …) or ({name, name}, {value, value}, …).
func parseList(params string) (generator, error) {
	groups, err := listGroups(params)
	if err != nil {
		return generator{}, err
	}
	if len(groups) < 2 {
		return generator{}, errors.New("~LST takes a name, or names in braces, and at least one value")
	}
	g := generator{keyword: "~LST", rounds: len(groups) - 1}
	for _, n := range groups[0] {
		name, err := generatorName(n)
		if err != nil {
			return generator{}, err
		}
		g.names = append(g.names, name)
	}
	for _, values := range groups[1:] {
		if len(values) > len(g.names) {
			return generator{}, fmt.Errorf("~LST: %d values {%s} for %d names",
				len(values), strings.Join(values, ", "), len(g.names))
		}
	}
	g.value = func(round, name int) string {
		if values := groups[round+1]; name < len(values) {
			return values[name]
		}
		return ""
	}
	return g, nil
}

// listGroups splits at the commas outside braces, and what stands in braces
// once more at the commas inside.
func listGroups(params string) ([][]string, error) {
	var groups [][]string
	for {
		params = strings.TrimLeft(params, " \t")
		group := ""
		braces := strings.HasPrefix(params, "{")
		if braces {
			end := strings.IndexByte(params, '}')
			if end < 0 {
				return nil, errors.New(`~LST: "{" without "}"`)
			}
			group, params = params[1:end], params[end+1:]
		}
		item, rest, more := strings.Cut(params, ",")
		switch item = strings.Trim(item, " \t"); {
		case braces && item != "":
			return nil, fmt.Errorf("~LST: %q after a closing brace", item)
		case braces:
			groups = append(groups, trimmedFields(group))
		default:
			groups = append(groups, []string{item})
		}
		if !more {
			return groups, nil
		}
		params = rest
	}
}

func trimmedFields(s string) []string {
	fields := strings.Split(s, ",")
	for i, f := range fields {
		fields[i] = strings.Trim(f, " \t")
	}
	return fields
}

func generatorName(s string) (string, error) {
	s = strings.Trim(s, " \t")
	if end := nameEnd(s, 0); end == 0 || end < len(s) {
		return "", fmt.Errorf("%q is no name for a generator's variable", s)
	}
	return s, nil
}
