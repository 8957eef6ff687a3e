package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// packaged is what both packages install, beside the completions.
var packaged = []string{
	"/etc/xvrrp/xvrrp.conf",
	"/usr/lib/systemd/system/xvrrp.service",
	"/usr/lib/sysusers.d/xvrrp.conf",
	"/usr/sbin/xvrrp",
	"/usr/share/doc/xvrrp/copyright",
	"/usr/share/doc/xvrrp/examples/alerts.yaml",
	"/usr/share/doc/xvrrp/examples/dashboard.json",
	"/usr/share/doc/xvrrp/examples/keepalived.conf",
	"/usr/share/man/man8/xvrrp.8.gz",
}

// The deb installs into an empty root by dpkg itself: files, group, unit,
// manual page. What was installed starts. Removing keeps the settings, purging
// does not. The rpm holds the same.
//
// Not parallel: it writes bin/xvrrp, as the image's test does.
func TestPackages(t *testing.T) {
	out := t.TempDir()
	outer(t, nil, "tools/packaging/build.sh", out)
	deb, rpm := only(t, out, "*.deb"), only(t, out, "*.rpm")

	root := t.TempDir()
	for _, dir := range []string{"var/lib/dpkg/updates", "var/lib/dpkg/info", "etc"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"var/lib/dpkg/status", "etc/group", "etc/passwd"} {
		if err := os.WriteFile(filepath.Join(root, file), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	dpkg := func(args ...string) string {
		t.Helper()
		return outer(t, nil, "dpkg", append([]string{"--root=" + root, "--force-script-chrootless"}, args...)...)
	}
	dpkg("--install", deb)
	installed := strings.Fields(dpkg("--listfiles", "xvrrp"))
	for _, file := range append(packaged, "/usr/share/bash-completion/completions/xvrrp", "/usr/share/zsh/vendor-completions/_xvrrp", "/usr/share/fish/vendor_completions.d/xvrrp.fish") {
		if !slices.Contains(installed, file) {
			t.Errorf("the deb lacks %s", file)
		}
	}
	if bad := dpkg("--verify", "xvrrp"); bad != "" {
		t.Errorf("installed is something else than packed:\n%s", bad)
	}
	group, err := os.ReadFile(filepath.Join(root, "etc/group"))
	if err != nil || !strings.HasPrefix(string(group), "xvrrp:") {
		t.Errorf("no group xvrrp was made: %q, %v", group, err)
	}
	if page := outer(t, nil, "zcat", filepath.Join(root, "usr/share/man/man8/xvrrp.8.gz")); !strings.Contains(page, ".SH") || !strings.Contains(page, "explain") {
		t.Errorf("the manual page is %.300q", page)
	}
	outer(t, nil, "bash", "-n", filepath.Join(root, "usr/share/bash-completion/completions/xvrrp"))
	unitIsSound(t, root)
	installedStarts(t, root)

	dpkg("--remove", "xvrrp")
	if _, err := os.Stat(filepath.Join(root, "etc/xvrrp/xvrrp.conf")); err != nil {
		t.Errorf("removing took the settings away: %v", err)
	}
	if _, err := os.Stat(filepath.Join(root, "usr/sbin/xvrrp")); err == nil {
		t.Error("removing left the binary")
	}
	dpkg("--purge", "xvrrp")
	if _, err := os.Stat(filepath.Join(root, "etc/xvrrp")); err == nil {
		t.Error("purging left the settings")
	}

	listed := strings.Fields(outer(t, nil, "rpm", "-qlp", rpm))
	for _, file := range append(packaged, "/usr/share/bash-completion/completions/xvrrp", "/usr/share/zsh/site-functions/_xvrrp", "/usr/share/fish/vendor_completions.d/xvrrp.fish") {
		if !slices.Contains(listed, file) {
			t.Errorf("the rpm lacks %s", file)
		}
	}
	if kept := strings.Fields(outer(t, nil, "rpm", "-qcp", rpm)); !slices.Equal(kept, []string{"/etc/xvrrp/xvrrp.conf"}) {
		t.Errorf("the rpm's configuration files are %q", kept)
	}
	if scripts := outer(t, nil, "rpm", "-qp", "--scripts", rpm); !strings.Contains(scripts, "systemd-sysusers") || !strings.Contains(scripts, "systemctl disable --now xvrrp.service") {
		t.Errorf("the rpm's scripts are:\n%s", scripts)
	}
}

// only is the one file of a directory that fits the pattern.
func only(t *testing.T, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %q, %v", pattern, found, err)
	}
	return found[0]
}

// unitIsSound has systemd read the installed unit, and judge how much it may.
func unitIsSound(t *testing.T, root string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "usr/lib/systemd/system/xvrrp.service"))
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(root, "usr/sbin/xvrrp")
	unit := filepath.Join(t.TempDir(), "xvrrp.service")
	if err := os.WriteFile(unit, []byte(strings.ReplaceAll(string(text), "/usr/sbin/xvrrp", program)), 0o644); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command("systemd-analyze", "verify", unit).CombinedOutput(); err != nil || len(said) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, said)
	}
	// 4.1 of 10. A daemon of its kind cannot do with much less; a line that is
	// lost shows.
	if said, err := exec.Command("systemd-analyze", "security", "--offline=true", "--threshold=42", "--no-pager", unit).CombinedOutput(); err != nil {
		t.Errorf("systemd-analyze security: %v\n%s", err, said)
	}
}

// installedStarts starts the installed binary with the installed settings and
// the example, by the unit's own command line and capabilities.
func installedStarts(t *testing.T, root string) {
	t.Helper()
	l := newLAN(t, "192.0.2.%d/24")
	l.a.loopback()
	example := filepath.Join(root, "usr/share/doc/xvrrp/examples/keepalived.conf")
	var command []string
	for line := range strings.Lines(unitFile(t)) {
		if start, found := strings.CutPrefix(line, "ExecStart="); found {
			command = strings.Fields(start)
		}
	}
	for i, word := range command {
		switch {
		case word == "/etc/keepalived/keepalived.conf":
			command[i] = example
		case strings.HasPrefix(word, "/"):
			command[i] = filepath.Join(root, word)
		}
	}
	if len(command) < 6 {
		t.Fatalf("the unit starts %q", command)
	}
	set := "-all,+" + strings.Join(unitCapabilities(t), ",+")
	arguments := append([]string{"--bounding-set=" + set, "--inh-caps=" + set, "--no-new-privs", command[0], "--runtime-dir", l.a.runtimeDir()}, command[1:]...)
	p := l.a.Start("setpriv", arguments...)
	says(t, p, "Startup complete", patience)
	says(t, p, "dataplane=xdp ", patience)
	l.owned("192.0.2.100", "a", patience)
	if page := l.a.get("http://127.0.0.1:9112/"); !strings.Contains(page, "<title>xvrrp</title>") {
		t.Errorf("the page is %.200q", page)
	}
}
