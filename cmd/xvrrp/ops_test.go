package main

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/xvrrp/xvrrp/internal/show"
)

// try runs a command line and returns its output and its error.
func try(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	a := app()
	a.Writer, a.ErrWriter = &out, &out
	err := a.Run(append([]string{"xvrrp", "--runtime-dir", t.TempDir()}, args...))
	return out.String(), err
}

// exitOf is the exit code that main would end with.
func exitOf(err error) int {
	switch e := err.(type) {
	case nil:
		return 0
	case silent:
		return int(e)
	case coded:
		return e.code
	}
	return exitFailed
}

// Every command is described in one line and refuses what it does not know
// with exit 2.
func TestEveryCommand(t *testing.T) {
	for _, c := range commands() {
		if c.Usage == "" || len(c.Usage) > 120 || strings.Contains(c.Usage, "\n") {
			t.Errorf("%s: usage %q", c.Name, c.Usage)
		}
		if c.Name == "demo" {
			continue // its flags are tested with it
		}
		if _, err := try(t, c.Name, "--no-such-option"); exitOf(err) != exitUsage {
			t.Errorf("%s --no-such-option: %v, exit %d", c.Name, err, exitOf(err))
		}
	}
}

// The promised commands are there, and those that ask a daemon say exit 3
// where none runs.
func TestPromises(t *testing.T) {
	var names []string
	for _, c := range commands() {
		names = append(names, c.Name)
	}
	for _, want := range []string{"run", "check", "status", "explain", "watch", "who", "doctor", "drill", "release", "drain", "advise", "reload", "config", "events", "completion"} {
		if !slices.Contains(names, want) {
			t.Errorf("there is no command %s", want)
		}
	}
	for _, args := range [][]string{{"status"}, {"status", "--json"}, {"explain", "VI_1"}, {"events"}, {"events", "--follow"}, {"config"}, {"reload", "--dry-run"}, {"drill", "VI_1"}, {"release", "VI_1"}, {"drain", "VI_1"}, {"drain", "VI_1", "--resume"}, {"advise"}, {"advise", "VI_1"}} {
		if out, err := try(t, args...); exitOf(err) != exitNoDaemon {
			t.Errorf("%v: %v, exit %d\n%s", args, err, exitOf(err), out)
		}
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{
		{"status", "x"}, {"explain"}, {"explain", "a", "b"}, {"who"}, {"who", "10.0.0.300"}, {"who", "10.0.0.1", "-i", "no such"},
		{"watch"}, {"watch", "-i", "no such"}, {"events", "--last", "-1"}, {"release", "VI_1", "--drain", "--resume"}, {"completion"}, {"completion", "csh"},
		{"who", "10.0.0.1", "--nothing"}, {"who", "10.0.0.1", "-i"},
	} {
		if out, err := try(t, args...); exitOf(err) != exitUsage {
			t.Errorf("%v: %v, exit %d\n%s", args, err, exitOf(err), out)
		}
	}
}

// Options may stand behind the argument.
func TestLateFlags(t *testing.T) {
	for _, args := range [][]string{{"-i", "eth7", "--json", "10.0.0.1"}, {"10.0.0.1", "-i", "eth7", "--json"}, {"10.0.0.1", "--interface=eth7", "--json"}} {
		var got string
		var wantsJSON bool
		c := whoCommand()
		c.Action = func(c *cli.Context) error {
			arg, err := oneArg(c, "an address")
			got, wantsJSON = arg+" "+c.String("i"), c.Bool("json")
			return err
		}
		a := &cli.App{Commands: []*cli.Command{c}, ExitErrHandler: func(*cli.Context, error) {}}
		if err := a.Run(append([]string{"xvrrp", "who"}, args...)); err != nil || got != "10.0.0.1 eth7" || !wantsJSON {
			t.Errorf("%v: %q, json %v, %v", args, got, wantsJSON, err)
		}
	}
}

func TestCompletion(t *testing.T) {
	for shell, want := range map[string]string{"bash": "complete -o bashdefault", "zsh": "#compdef xvrrp", "fish": "complete"} {
		if out, err := try(t, "completion", shell); err != nil || !strings.Contains(out, want) {
			t.Errorf("%s: %v\n%s", shell, err, out)
		}
	}
}

// The page is dated, names each command with its exit codes and each option, and
// has no line that a typesetter would take for a request of ours.
func TestManual(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1767225600")
	out, err := try(t, "man")
	if err != nil || !strings.HasPrefix(out, `.TH XVRRP 8 "2026-01-01" "xvrrp `) {
		t.Fatalf("%v\n%.200s", err, out)
	}
	plain := strings.NewReplacer(`\fB`, "", `\fR`, "", `\fI`, "", `\-`, "-", "\n", " ").Replace(out)
	for _, c := range commands() {
		if c.Hidden {
			continue
		}
		if !strings.Contains(plain, ".SS xvrrp "+c.Name) || !strings.Contains(plain, strings.Join(strings.Fields(strings.ReplaceAll(c.Description, "`", "")), " ")) {
			t.Errorf("the manual page has not all of %s", c.Name)
		}
		for _, f := range c.Flags {
			if v, ok := f.(cli.VisibleFlag); (!ok || v.IsVisible()) && !strings.Contains(plain, "-"+f.Names()[0]) {
				t.Errorf("the manual page has not the option %s of %s", f.Names()[0], c.Name)
			}
		}
	}
	request := regexp.MustCompile(`^\.(TH|SH|SS|PP|TP|B|I|BR)( |$)`)
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		if len(line) > 80 && !strings.HasPrefix(line, ".") || line == "" || strings.HasPrefix(line, ".") && !request.MatchString(line) || strings.HasPrefix(line, "'") {
			t.Errorf("a line that is none: %q", line)
		}
	}
	if got := guard(".profile") + escape(`a\b-c`); got != `\&.profile`+`a\eb\-c` {
		t.Errorf("escaped: %s", got)
	}
}

// No help is wider than a terminal is expected to be, and none has colour in a
// pipe.
func TestHelpFits(t *testing.T) {
	pages := map[string][]string{"": {"--help"}}
	for _, c := range commands() {
		pages[c.Name] = []string{c.Name, "--help"}
		for _, sub := range c.Subcommands {
			pages[c.Name+" "+sub.Name] = []string{c.Name, sub.Name, "--help"}
		}
	}
	for name, args := range pages {
		out, err := try(t, args...)
		if err != nil || len(out) < 100 {
			t.Errorf("%s --help: %v\n%s", name, err, out)
		}
		for line := range strings.Lines(out) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > show.Width {
				t.Errorf("%s --help: a line of %d columns: %q", name, n, line)
			}
		}
		if strings.Contains(out, "\x1b") {
			t.Errorf("%s --help: escape sequences in a pipe", name)
		}
	}
}
