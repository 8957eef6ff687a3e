// Command xvrrp is the daemon and its command line: flags, wiring, signals
// and exit codes. What each command promises is in its description, which is
// its help and its part of the manual page.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/xvrrp/xvrrp/internal/show"
	"github.com/xvrrp/xvrrp/internal/stage"
)

// version is set by the build, see the Makefile.
var version = "unknown"

// The exit codes that scripts rely on.
const (
	exitFailed    = 1 // failed while running; check: errors were found
	exitUsage     = 2 // bad configuration or usage
	exitNoDaemon  = 3 // no daemon answers on the runtime directory
	exitNoSuch    = 4 // the daemon has no instance of that name
	exitNobody    = 5 // who: nobody answers
	exitSeveral   = 6 // who: more than one answers
	defaultConfig = "/etc/keepalived/keepalived.conf"
)

func main() {
	stage.Ushers()
	cli.VersionPrinter = func(c *cli.Context) {
		fmt.Fprintf(c.App.Writer, "xvrrp %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	}
	os.Exit(exit(app().RunContext(context.Background(), os.Args), os.Stderr))
}

// readable lets the library break the lines of descriptions, and leaves out
// that an option is not set unless it is.
func readable(list []*cli.Command) []*cli.Command {
	for _, c := range list {
		c.Description = strings.ReplaceAll(c.Description, "\n", " ")
		for _, f := range c.Flags {
			if b, ok := f.(*cli.BoolFlag); ok {
				b.DisableDefaultText = true
			}
		}
		readable(c.Subcommands)
	}
	return list
}

var (
	describe = cli.FlagStringer
	twice    = regexp.MustCompile(` \[ -[^]]* \]`)
)

// helpInColumns makes the library break the lines of a help page.
func helpInColumns() {
	width := map[string]any{"wrapAt": func() int { return show.Width }}
	cli.HelpPrinter = func(w io.Writer, text string, data any) { cli.HelpPrinterCustom(w, text, data, width) }
	// The library names an option that may be repeated twice, which pushes its description out of its column.
	cli.FlagStringer = func(f cli.Flag) string { return twice.ReplaceAllString(describe(f), "") }
}

// app is the whole command line.
func app() *cli.App {
	helpInColumns()
	return &cli.App{
		Name:                      "xvrrp",
		Usage:                     "VRRP (RFC 9568) that no firewall can blind",
		Version:                   version,
		UseShortOptionHandling:    true,
		DisableSliceFlagSeparator: true,
		HideHelpCommand:           true,
		EnableBashCompletion:      true,
		ExitErrHandler:            func(*cli.Context, error) {}, // main prints and exits, once
		OnUsageError:              usageError,
		Flags:                     globalFlags(),
		Commands:                  readable(commands()),
		CommandNotFound: func(c *cli.Context, name string) {
			fmt.Fprintf(c.App.ErrWriter, "xvrrp: no command %q; `xvrrp --help` lists them\n", name)
			os.Exit(exitUsage)
		},
	}
}

// coded is an error with the exit code that it asks for.
type coded struct {
	error
	code int
}

func (c coded) Unwrap() error { return c.error }

// silent ends the program with a code when all has been said already.
type silent int

func (s silent) Error() string { return fmt.Sprintf("exit %d", int(s)) }

func usageError(_ *cli.Context, err error, _ bool) error { return coded{err, exitUsage} }

// exit prints err once, whatever command it came from, and returns the code.
func exit(err error, stderr *os.File) int {
	var quiet silent
	var code coded
	switch {
	case err == nil:
		return 0
	case errors.As(err, &quiet):
		return int(quiet)
	}
	fmt.Fprintf(stderr, "xvrrp: %v\n", err)
	if errors.As(err, &code) {
		return code.code
	}
	return exitFailed
}
