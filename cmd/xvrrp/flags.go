package main

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

func globalFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{
			Name: "runtime-dir", Value: "/run/xvrrp", EnvVars: []string{"XVRRP_RUNTIME_DIR"},
			Usage: "`DIR` of socket, journal, BPF pins",
		},
		&cli.StringFlag{Name: "log-format", Value: "text", Usage: "text or json", EnvVars: []string{"XVRRP_LOG_FORMAT"}},
		&cli.StringFlag{Name: "log-level", Value: "info", Usage: "debug, info, warn or error", EnvVars: []string{"XVRRP_LOG_LEVEL"}},
	}
}

// newLogger makes the logger that the global flags ask for.
func newLogger(c *cli.Context, w io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.String("log-level"))); err != nil {
		return nil, coded{fmt.Errorf("--log-level %q: use debug, info, warn or error", c.String("log-level")), exitUsage}
	}
	opts := &slog.HandlerOptions{Level: level}
	switch format := c.String("log-format"); format {
	case "text":
		return slog.New(slog.NewTextHandler(w, opts)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, opts)), nil
	default:
		return nil, coded{fmt.Errorf("--log-format %q: use text or json", format), exitUsage}
	}
}

func configFlag() cli.Flag {
	return &cli.StringSliceFlag{
		Name: "f", Aliases: []string{"use-file"}, Usage: "`FILE`, may be repeated",
		DefaultText: defaultConfig,
	}
}

func configIDFlag() cli.Flag {
	return &cli.StringFlag{Name: "i", Aliases: []string{"config-id"}, Usage: "`ID` that decides lines with @", DefaultText: "the host's name up to a dot"}
}

// files are the configuration files asked for.
func files(c *cli.Context) []string {
	if f := c.StringSlice("f"); len(f) > 0 {
		return f
	}
	return []string{defaultConfig}
}

// keepalivedFlag is a flag that people type from habit.
type keepalivedFlag struct {
	names []string
	value bool // takes a value
	why   string
}

// habits are keepalived's options that change nothing here. They are accepted
// so that a service file needs one word changed, and named once in the log.
var habits = []keepalivedFlag{
	{[]string{"n", "dont-fork"}, false, ""},
	{[]string{"l", "log-console"}, false, ""},
	{[]string{"P", "vrrp"}, false, ""},
	{[]string{"G", "no-syslog"}, false, ""},
	{[]string{"d", "dump-conf"}, false, "use `xvrrp config`"},
	{[]string{"S", "log-facility"}, true, "xvrrp logs on stderr"},
	{[]string{"g", "log-file"}, true, "xvrrp logs on stderr"},
	{[]string{"flush-log-file"}, false, "xvrrp logs on stderr"},
	{[]string{"C", "check"}, false, "xvrrp does VRRP only"},
	{[]string{"B", "no_bfd"}, false, ""},
	{[]string{"all"}, false, "xvrrp does VRRP only"},
	{[]string{"r", "vrrp_pid"}, true, "there is one process; use -p"},
	{[]string{"c", "checkers_pid"}, true, "there is one process; use -p"},
	{[]string{"b", "bfd_pid"}, true, "there is one process; use -p"},
	{[]string{"I", "dont-release-ipvs"}, false, "xvrrp does VRRP only"},
	{[]string{"R", "dont-respawn"}, false, "there is one process"},
	{[]string{"X", "release-vips"}, false, "addresses are always released at a stop"},
	{[]string{"a", "address-monitoring"}, false, "use --log-level debug"},
	{[]string{"u", "umask"}, true, "xvrrp sets the mode of each file it makes"},
	{[]string{"m", "core-dump"}, false, "set the core limit in the service file"},
	{[]string{"M", "core-dump-pattern"}, true, "set kernel.core_pattern"},
	{[]string{"x", "snmp"}, false, "use /metrics"},
	{[]string{"A", "snmp-agent-socket"}, true, "use /metrics"},
	{[]string{"e", "all-config"}, false, "use includea in the file"},
	{[]string{"perf"}, false, "a debugging build's option"},
	{[]string{"debug"}, false, "use --log-level debug"},
	{[]string{"no-mem-check"}, false, "a debugging build's option"},
	{[]string{"ignore-sigint"}, false, "send SIGTERM only"},
}

func habitFlags() []cli.Flag {
	var flags []cli.Flag
	for _, h := range habits {
		if h.value {
			flags = append(flags, &cli.StringFlag{Name: h.names[0], Aliases: h.names[1:], Hidden: true})
		} else {
			flags = append(flags, &cli.BoolFlag{Name: h.names[0], Aliases: h.names[1:], Hidden: true})
		}
	}
	return flags
}

// warnHabits names, in one line, the options that were given and do nothing.
func warnHabits(c *cli.Context, log *slog.Logger) {
	var said []string
	for _, h := range habits {
		if h.why != "" && slices.ContainsFunc(h.names, c.IsSet) {
			said = append(said, fmt.Sprintf("-%s (%s)", h.names[0], h.why))
		}
	}
	if len(said) > 0 {
		log.Warn("options of keepalived that change nothing here: " + strings.Join(said, ", "))
	}
}
