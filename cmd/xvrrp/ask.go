package main

import (
	"encoding/json"
	"errors"
	"os"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/show"
)

// jsonFlag is --json, where a command has it.
func jsonFlag() cli.Flag { return &cli.BoolFlag{Name: "json", Usage: "for programs, as JSON"} }

// dial finds the daemon of the runtime directory.
func dial(c *cli.Context) (*control.Client, error) {
	client, err := control.Dial(c.String("runtime-dir"))
	return client, code(err)
}

// code gives an answer's error the exit code that is promised for it.
func code(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, control.ErrNoDaemon):
		return coded{err, exitNoDaemon}
	case errors.Is(err, control.ErrNoInstance):
		return coded{err, exitNoSuch}
	}
	return err
}

// paper is what the command writes on: colour for a terminal whose owner did
// not ask for none (no-color.org).
func paper(c *cli.Context) show.Paper {
	return show.Paper{Colour: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTerminal(c.App.Writer), Zone: time.Local}
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// printJSON writes one value with indentation.
func printJSON(c *cli.Context, v any) error {
	enc := json.NewEncoder(c.App.Writer)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
