package keepalived

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// includeChecks says which disappointments of an include are errors.
type includeChecks struct{ read, match, wildcardMatch, braceMatch bool }

// includeKeyword is what an include keyword checks; plain include checks what
// include_check asked for.
func (p *parser) includeKeyword(word string) (includeChecks, bool) {
	switch word {
	case "include":
		return p.checks, true
	case "includer":
		return includeChecks{read: true}, true
	case "includem":
		return includeChecks{match: true}, true
	case "includew":
		return includeChecks{match: true, wildcardMatch: true}, true
	case "includeb":
		return includeChecks{braceMatch: true}, true
	case "includea":
		return includeChecks{true, true, true, true}, true
	}
	return includeChecks{}, false
}

// setIncludeCheck reads the words of include_check. A first word without a
// sign starts from nothing; "+" adds, "-" takes away; no word means all.
func (p *parser) setIncludeCheck(s *Statement) {
	words := s.Args()
	if len(words) == 0 {
		p.checks = includeChecks{true, true, true, true}
		return
	}
	if !strings.ContainsAny(words[0].Text[:min(1, len(words[0].Text))], "+-") {
		p.checks = includeChecks{}
	}
	for _, w := range words {
		name, on := strings.TrimLeft(w.Text, "+-"), !strings.HasPrefix(w.Text, "-")
		switch name {
		case "read", "readable":
			p.checks.read = on
		case "match":
			p.checks.match = on
		case "wildcard_match":
			p.checks.wildcardMatch = on
		case "brace_match":
			p.checks.braceMatch = on
		default:
			p.report(Diagnostic{Code: "include-check", Severity: Error, Pos: w.Pos, Trail: w.Trail, Line: s.Line,
				Text:   fmt.Sprintf("include_check does not know %q", w.Text),
				Remedy: "use read, match, wildcard_match and brace_match, each with + or - before it if you like"})
		}
	}
}

// include reads the files that a pattern names. l begins with the keyword.
func (p *parser) include(l line, checks includeChecks, pattern string) {
	keyword, _, _ := strings.Cut(l.s, " ")
	keyword, _, _ = strings.Cut(keyword, "\t")
	if pattern = strings.Trim(pattern, " \t"); len(pattern) > 1 && pattern[0] == '"' && pattern[len(pattern)-1] == '"' {
		pattern = pattern[1 : len(pattern)-1]
	}
	if pattern == "" {
		p.complain(Error, l, 0, "include-missing", keyword+" names no file", "name a file or a pattern")
		return
	}
	if p.totals.files++; p.totals.files > p.limits.Files {
		p.hardLimit(l, "Files", p.limits.Files, "more than %d files and patterns are included")
		return
	}
	alternatives, ok := braceAlternatives(pattern, 256)
	if !ok {
		p.complain(Error, l, 0, "include-pattern", fmt.Sprintf("the braces of pattern %q do not match, or stand for more than 256 names", pattern), "mend the pattern")
		return
	}
	found := 0
	for _, alternative := range alternatives {
		names := p.glob(l, alternative)
		found += len(names)
		if len(names) == 0 && len(alternatives) > 1 && checks.braceMatch {
			p.complain(Error, l, 0, "include-missing", fmt.Sprintf("no file matches %q, one of the alternatives of %s", alternative, pattern), "add the file or remove the alternative")
		}
		for _, name := range names {
			p.includeFile(l, checks, keyword, pattern, name)
		}
	}
	if found == 0 {
		p.noMatch(l, checks, pattern)
	}
}

// noMatch says that an include found nothing. A pattern may; a plain name that
// names nothing is at least worth a warning.
func (p *parser) noMatch(l line, checks includeChecks, pattern string) {
	severity := Warning
	if strings.ContainsAny(pattern, "*?[") {
		if !checks.wildcardMatch {
			return
		}
		severity = Error
	} else if checks.match {
		severity = Error
	}
	p.complain(severity, l, 0, "include-missing", fmt.Sprintf("no file matches %q", pattern),
		"check the name; a relative one is looked for in the directory of the including file")
}

// glob lists the files of a pattern without braces. As in a shell, a wildcard
// does not match the dot of a hidden file.
func (p *parser) glob(l line, pattern string) []string {
	if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(filepath.Dir(l.file), pattern)
	}
	names, err := p.files.Glob(pattern)
	if err != nil {
		p.complain(Error, l, 0, "include-pattern", fmt.Sprintf("pattern %q: %v", pattern, err), "mend the pattern")
		return nil
	}
	return slices.DeleteFunc(names, func(name string) bool { return hiddenBy(pattern, name) })
}

// hiddenBy reports whether a part of name begins with a dot that the pattern
// does not have.
func hiddenBy(pattern, name string) bool {
	pp, nn := strings.Split(filepath.Clean(pattern), "/"), strings.Split(name, "/")
	for i := range min(len(pp), len(nn)) {
		if strings.HasPrefix(nn[i], ".") && !strings.HasPrefix(pp[i], ".") && nn[i] != pp[i] {
			return true
		}
	}
	return false
}

// includeFile reads one file in the place of its include.
func (p *parser) includeFile(l line, checks includeChecks, keyword, pattern, name string) {
	if p.stopped || p.cycle(l, name) {
		return
	}
	if len(p.reading) > p.limits.IncludeDepth {
		p.hardLimit(l, "IncludeDepth", p.limits.IncludeDepth, "files include each other more than %d deep")
		return
	}
	info, err := p.files.Stat(name)
	if err == nil && (!info.Mode().IsRegular() || info.Mode()&0o111 != 0) {
		what := "an executable file"
		if info.IsDir() {
			what = "a directory"
		} else if !info.Mode().IsRegular() {
			what = "no regular file"
		}
		p.complain(Error, l, 0, "include-kind", fmt.Sprintf("%s is %s and is skipped, as keepalived does", name, what),
			"include regular files without execute permission only")
		return
	}
	var data []byte
	if err == nil {
		data, err = p.files.ReadFile(name, p.limits.FileBytes)
	}
	if err != nil {
		severity := Warning
		if checks.read {
			severity = Error
		}
		p.complain(severity, l, 0, "include-unreadable", fmt.Sprintf("cannot read %s: %s", name, cause(err)), "check the permissions")
		return
	}
	trail := l.trailAt(0).with(Step{Kind: StepInclude, Name: keyword + " " + pattern, Pos: l.pos(0)})
	depth := p.tree.enter()
	p.file(name, data, trail)
	p.tree.leave(p, name, trail, depth)
}

// cycle reports an include of a file that is being read.
func (p *parser) cycle(l line, name string) bool {
	at := slices.IndexFunc(p.reading, func(r string) bool { return filepath.Clean(r) == filepath.Clean(name) })
	if at < 0 {
		return false
	}
	chain := strings.Join(p.reading[at:], " -> ") + " -> " + name
	p.complain(Error, l, 0, "include-cycle", "the include leads back to a file that is being read: "+chain, "remove one of the includes")
	return true
}

// braceAlternatives writes a{b,c}d as abd and acd, in this order.
func braceAlternatives(pattern string, limit int) ([]string, bool) {
	open := strings.IndexByte(pattern, '{')
	if strings.Count(pattern, "{") > 32 {
		return nil, false
	}
	if open < 0 {
		return []string{pattern}, !strings.Contains(pattern, "}")
	}
	depth, start := 0, open+1
	var parts []string
	for i := open; i < len(pattern); i++ {
		switch pattern[i] {
		case '{':
			depth++
		case ',':
			if depth == 1 {
				parts, start = append(parts, pattern[start:i]), i+1
			}
		case '}':
			if depth--; depth > 0 {
				continue
			}
			return joinAlternatives(pattern[:open], append(parts, pattern[start:i]), pattern[i+1:], limit)
		}
	}
	return nil, false
}

func joinAlternatives(before string, parts []string, after string, limit int) ([]string, bool) {
	var all []string
	for _, part := range parts {
		names, ok := braceAlternatives(before+part+after, limit-len(all))
		if !ok || len(all)+len(names) > limit {
			return nil, false
		}
		all = append(all, names...)
	}
	return all, true
}
