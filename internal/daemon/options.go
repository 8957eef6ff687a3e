package daemon

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/xvrrp/xvrrp/internal/config"
)

// Options are what the command line says.
type Options struct {
	Files      []string
	ConfigID   string
	RuntimeDir string
	// PIDFile is written beside the one in RuntimeDir; empty: none.
	PIDFile string
	// Takeover goes on where the daemon that runs in RuntimeDir is, which ends
	// without its peers' noticing. Without one it is a start like any other.
	Takeover bool
	// Caretaker takes over too, and only until the next daemon does.
	Caretaker bool
	// CaretakerCommand starts a caretaker with these options; empty: none.
	CaretakerCommand []string
	// Keep leaves the addresses where they are at the stop.
	Keep    bool
	Version string
	Log     *slog.Logger
}

// ConfigError says that the configuration cannot be run, and all that is to
// be said about it.
type ConfigError struct{ Findings []config.Finding }

// Error returns the first complaint.
func (e *ConfigError) Error() string {
	for _, f := range e.Findings {
		if f.Severity == config.Error {
			return f.String()
		}
	}
	return "configuration: nothing to run"
}

func logFindings(log *slog.Logger, findings []config.Finding) {
	levels := map[config.Severity]slog.Level{config.Note: slog.LevelDebug, config.Warning: slog.LevelWarn, config.Error: slog.LevelError}
	for _, f := range findings {
		log.Log(context.Background(), levels[f.Severity], f.String(), "remedy", f.Remedy)
	}
}

// load reads the files and logs what is not wrong enough to stop.
func load(opt Options) (*config.Settings, error) {
	settings, findings := Load(opt.Files, opt.ConfigID)
	if config.Failed(findings) || settings == nil {
		return nil, &ConfigError{findings}
	}
	logFindings(opt.Log, findings)
	for _, f := range settings.Files {
		opt.Log.Info(fmt.Sprintf("Configuration file %s", f.Path), "bytes", f.Bytes, "lines", f.Lines)
	}
	opt.Log.Info("configuration holds", "instances", len(settings.Instances), "sync_groups", len(settings.SyncGroups),
		"scripts", len(settings.Scripts))
	return settings, nil
}
