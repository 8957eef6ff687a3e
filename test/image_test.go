package test

import (
	"debug/elf"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// outer runs a command in the repository's root and returns what it printed on
// its standard output; a failure ends the test.
func outer(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), env...)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, complaints.String())
	}
	return string(out)
}

// The image holds the static binary and nothing else, and what it runs is
// xvrrp: it tells its version, checks the example, and as a daemon with the
// capabilities that the Dockerfile names it becomes master by XDP.
//
// Not parallel: it writes bin/xvrrp, as the packages' test does.
func TestImage(t *testing.T) {
	// A store of its own, with the driver that needs nothing of the kernel.
	dir := t.TempDir()
	conf := filepath.Join(dir, "storage.conf")
	text := "[storage]\ndriver = \"vfs\"\ngraphroot = \"" + dir + "/graph\"\nrunroot = \"" + dir + "/run\"\n"
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	env := []string{"CONTAINERS_STORAGE_CONF=" + conf, "BUILDAH_ISOLATION=chroot"}
	outer(t, env, "make", "image", "VERSION=v0.0.1-test")
	container := strings.TrimSpace(outer(t, env, "buildah", "from", "xvrrp:v0.0.1-test"))
	t.Cleanup(func() { outer(t, env, "buildah", "rm", container) })

	root := strings.TrimSpace(outer(t, env, "buildah", "mount", container))
	var files []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, strings.TrimPrefix(path, root))
		}
		return err
	})
	if err != nil || !slices.Equal(files, []string{"/xvrrp"}) {
		t.Fatalf("in the image are %q, %v", files, err)
	}
	program, err := elf.Open(filepath.Join(root, "xvrrp"))
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	if slices.ContainsFunc(program.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		t.Error("the binary is not static")
	}

	if got := outer(t, env, "buildah", "run", container, "--", "/xvrrp", "--version"); !strings.HasPrefix(got, "xvrrp v0.0.1-test go1") {
		t.Errorf("the version is %q", got)
	}

	l := newLAN(t, "192.0.2.%d/24")
	l.a.loopback()
	if err := os.Mkdir(l.a.runtimeDir(), 0o755); err != nil {
		t.Fatal(err)
	}
	example, err := filepath.Abs(filepath.Join("..", "tools", "packaging", "keepalived.conf"))
	if err != nil {
		t.Fatal(err)
	}
	run := append([]string{"run"}, imageCapabilities(t)...)
	for _, c := range strings.Fields("CHOWN DAC_OVERRIDE FOWNER FSETID KILL NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT") {
		run = append(run, "--cap-drop", "CAP_"+c) // buildah's own choice; its ALL would take what is added, too
	}
	run = append(run, "-v", filepath.Dir(example)+":/etc/keepalived:ro", "-v", l.a.runtimeDir()+":"+l.a.runtimeDir(), "-v", "/sys/fs/bpf:/sys/fs/bpf",
		container, "--", "/xvrrp", "--runtime-dir", l.a.runtimeDir())
	command := func(args ...string) *exec.Cmd {
		cmd := exec.Command("buildah", append(slices.Clone(run), args...)...)
		cmd.Env = append(os.Environ(), env...)
		return cmd
	}
	check := l.a.StartCmd(command("check", "--strict", "-f", "/etc/keepalived/keepalived.conf"))
	says(t, check, "0 errors, 0 warnings", patience)

	// buildah's seccomp profile forbids bpf(), and its chroot shows /sys to be
	// read only: packet sockets have to do.
	daemon := l.a.StartCmd(command("run", "-f", "/etc/keepalived/keepalived.conf"))
	says(t, daemon, "dataplane=socket ", patience)
	l.owned("192.0.2.100", "a", patience)

	// The same files without buildah around them, on the other node: only what
	// the daemon may, and the right to enter its root, which is used up then.
	onlyRoot := imageProcess(t, l.b, root)
	says(t, onlyRoot, "dataplane=xdp ", patience)
	says(t, onlyRoot, "master set to "+l.a.ip, patience)
	daemon.Kill()
	if err := l.a.port.Unplug(); err != nil { // whatever buildah leaves alive
		t.Fatal(err)
	}
	says(t, onlyRoot, "Entering MASTER STATE", patience)
	if strings.Contains(onlyRoot.Output(), "not permitted") || strings.Contains(onlyRoot.Output(), "not granted") {
		t.Errorf("something was refused:\n%s", onlyRoot.Output())
	}
}

// imageProcess starts the daemon on a node with the image's files as its root
// and the example as its configuration.
func imageProcess(t *testing.T, n *node, root string) *testnet.Process {
	t.Helper()
	set := "-all,+sys_chroot"
	for _, c := range imageCapabilities(t) {
		if name, found := strings.CutPrefix(c, "CAP_"); found {
			set += ",+" + strings.ToLower(name)
		}
	}
	const script = `set -e
root=$1 example=$2 set=$3 dir=$4
mkdir -p "$root/etc/keepalived" "$root/sys" "$root/proc" "$root$dir" "$dir"
mount --bind "$example" "$root/etc/keepalived"
mount --rbind /sys "$root/sys"
mount --bind /proc "$root/proc"
mount --bind "$dir" "$root$dir"
exec setpriv --bounding-set="$set" --inh-caps="$set" --no-new-privs chroot "$root" /xvrrp --runtime-dir "$dir" run -f /etc/keepalived/keepalived.conf`
	example, err := filepath.Abs(filepath.Join("..", "tools", "packaging"))
	if err != nil {
		t.Fatal(err)
	}
	return n.Start("unshare", "--mount", "sh", "-c", script, "sh", root, example, set, n.runtimeDir())
}

// imageCapabilities are the options for them in the Dockerfile's example.
func imageCapabilities(t *testing.T) (options []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(string(text))
	for i, w := range words {
		if w == "--cap-add" {
			options = append(options, w, "CAP_"+words[i+1])
		}
	}
	if len(options) < 8 {
		t.Fatalf("the Dockerfile names the capabilities %q", options)
	}
	return options
}
