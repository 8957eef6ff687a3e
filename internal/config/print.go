package config

import (
	"fmt"
	"strings"
	"time"
)

// PrintOptions say how Print shows settings.
type PrintOptions struct {
	// ShowSecrets prints passwords and keys; otherwise they are <redacted>,
	// and the text does not read back.
	ShowSecrets bool
}

// Print writes settings in canonical form: one order, one spelling, every
// default that an instance inherits written into it. With ShowSecrets the
// text reads back to the same settings (apart from positions and Files).
func Print(s *Settings, opt PrintOptions) string {
	p := &printer{opt: opt, mailAlert: s.Global.Mail.Alert}
	p.global(&s.Global)
	p.top(s)
	p.own(&s.Own, s.Instances)
	for i := range s.Scripts {
		p.script(&s.Scripts[i])
	}
	for i := range s.TrackFiles {
		p.trackFile(&s.TrackFiles[i])
	}
	for i := range s.TrackProcesses {
		p.trackProcess(&s.TrackProcesses[i])
	}
	for i := range s.BFDs {
		p.bfd(&s.BFDs[i])
	}
	for i := range s.Instances {
		p.instance(&s.Instances[i], &s.Global)
	}
	for i := range s.SyncGroups {
		p.syncGroup(&s.SyncGroups[i])
	}
	return p.b.String()
}

// printer writes lines at a depth of blocks.
type printer struct {
	b     strings.Builder
	depth int
	opt   PrintOptions
	// mailAlert is the global smtp_alert, which instances inherit.
	mailAlert bool
}

// line writes one statement of raw words.
func (p *printer) line(words ...string) {
	for range p.depth {
		p.b.WriteString("    ")
	}
	p.b.WriteString(strings.Join(words, " "))
	p.b.WriteByte('\n')
}

// block writes name { … } around what body writes.
func (p *printer) block(name string, body func()) {
	if p.depth == 0 && p.b.Len() > 0 {
		p.b.WriteByte('\n')
	}
	p.line(name, "{")
	p.depth++
	body()
	p.depth--
	p.line("}")
}

// when writes a word when the condition holds.
func (p *printer) when(ok bool, words ...string) {
	if ok {
		p.line(words...)
	}
}

// text writes a word with a value that may need quotes.
func (p *printer) text(name, value string) { p.when(value != "", name, quoted(value)) }

func (p *printer) num(name string, n int) { p.line(name, fmt.Sprint(n)) }

func (p *printer) seconds(name string, d time.Duration) { p.line(name, secondsText(d)) }

// options writes words that are kept as they were read.
func (p *printer) options(list []Option) {
	for _, o := range list {
		p.line(append([]string{o.Name}, quotedAll(o.Values)...)...)
	}
}

// quoted puts a word in quotes when the language would read it differently
// without. No word can contain a double quote.
func quoted(word string) string {
	if word != "" && !strings.ContainsAny(word, " \t#!{}$~@\\'%<>") {
		return word
	}
	return `"` + word + `"`
}

func quotedAll(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = quoted(w)
	}
	return out
}

// onOff is keepalived's word for a flag that takes a value.
func onOff(v bool) string {
	if v {
		return "on"
	}
	return "off"
}

// commandLine writes argv so that it is split into the same words again.
// Whatever is special to the language or the splitting becomes a hex escape.
func commandLine(argv []string) string {
	parts := make([]string, len(argv))
	for i, a := range argv {
		parts[i] = commandWordText(a)
	}
	return `"` + strings.Join(parts, " ") + `"`
}

func commandWordText(a string) string {
	var b strings.Builder
	inQuotes := a == "" || strings.ContainsAny(a, " \t")
	if inQuotes {
		b.WriteByte('\'')
	}
	for i := 0; i < len(a); i++ {
		switch c := a[i]; {
		case c == '"' || c == '\'' || c == '\\' || c == '$' || c == '#' || c == '!' || c == '{' || c == '}' || c < ' ' && c != '\t' || c == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	if inQuotes {
		b.WriteByte('\'')
	}
	return b.String()
}

// command writes a command with its account.
func (p *printer) command(name string, c Command) {
	if c.IsZero() {
		return
	}
	words := []string{name, commandLine(c.Argv)}
	if c.User != "" {
		words = append(words, quoted(c.User))
		if c.Group != "" {
			words = append(words, quoted(c.Group))
		}
	}
	p.line(words...)
}

// secret writes a password or key, or hides it.
func (p *printer) secret(s Secret, shown func(string) string) string {
	if !p.opt.ShowSecrets {
		return redacted
	}
	return shown(s.Reveal())
}
