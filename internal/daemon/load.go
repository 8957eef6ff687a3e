package daemon

import (
	"github.com/xvrrp/xvrrp/internal/command"
	"github.com/xvrrp/xvrrp/internal/config"
)

// Load reads a configuration as this host would run it. A start, a reload, `xvrrp check` and `xvrrp doctor` all read it so: what one of
// them finds is what the others find.
func Load(files []string, id string) (*config.Settings, []config.Finding) {
	host := config.ThisHost()
	host.ConfigID, host.Executable, host.Insecure = id, executable, insecure
	settings, findings := config.Load(files, host)
	if settings != nil {
		findings = append(findings, holdable(settings)...)
	}
	return settings, findings
}

func executable(program string) error {
	_, err := command.Lookup(program)
	return err
}

func insecure(program, user string) error {
	c, err := runnable(config.Command{Argv: []string{program}, User: user}, false)
	if err != nil {
		return nil //nolint:nilerr // that there is no such account is said of the account
	}
	return c.Usable(true)
}
