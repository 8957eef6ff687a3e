package main

import (
	"cmp"
	"fmt"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
)

// manCommand prints the manual page, made of the same definitions as --help.
func manCommand() *cli.Command {
	return &cli.Command{
		Name:         "man",
		Usage:        "print the manual page xvrrp(8), for man -l or a package",
		Hidden:       true,
		OnUsageError: usageError,
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			_, err := fmt.Fprint(c.App.Writer, manual(c.App, buildDate()))
			return err
		},
	}
}

// buildDate is when this program was made, as reproducible builds say it, or of
// which day its sources are; else how old the file is.
func buildDate() time.Time {
	if seconds, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		return time.Unix(seconds, 0).UTC()
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if at, err := time.Parse(time.RFC3339, s.Value); s.Key == "vcs.time" && err == nil {
				return at
			}
		}
	}
	if name, err := os.Executable(); err == nil {
		if file, err := os.Stat(name); err == nil {
			return file.ModTime().UTC()
		}
	}
	return time.Now().UTC()
}

// page is a manual page in man(7).
type page struct{ strings.Builder }

// manual is the page of the whole command line.
func manual(app *cli.App, made time.Time) string {
	var p page
	p.line(`.TH XVRRP 8 "%s" "xvrrp %s" "System Administration"`, made.Format(time.DateOnly), escape(app.Version))
	p.line(".SH NAME")
	p.line(`xvrrp \- %s`, escape(app.Usage))
	p.line(".SH SYNOPSIS")
	p.line(".B xvrrp")
	p.line(`[\fIglobal options\fR] \fIcommand\fR [\fIoptions\fR] [\fIarguments\fR]`)
	p.line(".SH DESCRIPTION")
	p.text("xvrrp holds virtual IP addresses together with other hosts, by VRRP (RFC 9568) and as keepalived does, whose configuration it reads. " +
		"`xvrrp run` is the daemon. The other commands ask it, or look at the host and the LAN without one.")
	p.line(".SH GLOBAL OPTIONS")
	p.flags(app.Flags)
	p.line(".SH COMMANDS")
	for _, c := range app.Commands {
		p.command("xvrrp", c)
	}
	p.line(".SH EXIT STATUS")
	for code, means := range []string{"done; check, doctor: nothing is wrong", "failed while running; check: errors; doctor: something breaks VRRP", "bad configuration or usage",
		"no daemon answers on the runtime directory", "the daemon has no such instance", "who: nobody answers", "who: more than one answers"} {
		p.line(".TP\n.B %d", code)
		p.text(means)
	}
	p.line(".SH SIGNALS")
	for _, s := range [][2]string{{"SIGTERM, SIGINT", "say goodbye, give the addresses back and stop"}, {"SIGHUP", "read the configuration again; a bad one changes nothing"},
		{"SIGUSR1", "write the status as JSON into the runtime directory"}} {
		p.line(".TP\n.B %s", s[0])
		p.text(s[1])
	}
	p.line(".SH FILES")
	for _, f := range [][2]string{{defaultConfig, "the configuration, keepalived's and one block of xvrrp's own"}, {"/run/xvrrp", "the runtime directory: socket, pid file and the journal of events"},
		{"/sys/fs/bpf", "where the kernel program stays over a restart"}} {
		p.line(".TP\n.I %s", escape(f[0]))
		p.text(f[1])
	}
	p.line(".SH SEE ALSO")
	p.line(".BR keepalived.conf (5),\n.BR ip\\-address (8),\n.BR arping (8)")
	return p.String()
}

func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// text is a paragraph, in lines that a person could read; code is bold.
func (p *page) text(s string) {
	const width = 76
	s = quoted.ReplaceAllString(escape(s), `\fB$1\fR`)
	line := ""
	for _, w := range strings.Fields(s) {
		if line != "" && len(line)+1+len(w) > width {
			p.line("%s", guard(line))
			line = ""
		}
		line = strings.TrimPrefix(line+" "+w, " ")
	}
	if line != "" {
		p.line("%s", guard(line))
	}
}

var quoted = regexp.MustCompile("`([^`]*)`")

// escape makes text of it, whatever is in it.
func escape(s string) string { return strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s) }

// guard keeps a line from being a request.
func guard(line string) string {
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		return `\&` + line
	}
	return line
}

// command is a section of one command, and of those below it.
func (p *page) command(above string, c *cli.Command) {
	if c.Hidden {
		return
	}
	name := above + " " + c.Name
	p.line(".SS %s", escape(strings.TrimSpace(name+" "+c.ArgsUsage)))
	p.text(strings.ToUpper(c.Usage[:1]) + c.Usage[1:] + ".")
	if c.Description != "" {
		p.line(".PP")
		p.text(c.Description)
	}
	p.flags(c.Flags)
	for _, sub := range c.Subcommands {
		p.command(name, sub)
	}
}

// flags lists options, as the help does.
func (p *page) flags(list []cli.Flag) {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b cli.Flag) int { return cmp.Compare(a.Names()[0], b.Names()[0]) })
	for _, f := range list {
		d, ok := f.(cli.DocGenerationFlag)
		if v, is := f.(cli.VisibleFlag); !ok || is && !v.IsVisible() {
			continue
		}
		usage, value := d.GetUsage(), "VALUE"
		if m := quoted.FindStringSubmatch(usage); m != nil {
			value, usage = m[1], quoted.ReplaceAllString(usage, "$1")
		}
		var names []string
		for _, n := range f.Names() {
			dash := "--"
			if len(n) == 1 {
				dash = "-"
			}
			names = append(names, `\fB`+escape(dash+n)+`\fR`)
		}
		head := strings.Join(names, ", ")
		if d.TakesValue() {
			head += ` \fI` + escape(value) + `\fR`
			if s := d.GetDefaultText(); s != "" && s != "0" && s != "0s" && !strings.Contains(usage, "default") {
				usage += fmt.Sprintf(" (default: %s)", strings.Trim(s, `"`))
			}
		}
		p.line(".TP\n%s", head)
		p.text(usage)
	}
}
