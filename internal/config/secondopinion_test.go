package config

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// labInterfaces are made in the namespace in which keepalived reads the
// corpus, so that only what the files say matters.
var labInterfaces = []string{"eth0", "eth1", "eth2", "ens192", "bond0", "br-mgmt"}

// keepalivedScript runs keepalived's configuration test over every file. The
// namespace goes away with the shell. keepalived ends a clean test of a file
// with script_user by a SIGTERM to itself, hence setsid.
const keepalivedScript = `
n=0
for dev in $INTERFACES; do
    ip link add "$dev" type veth peer name "peer$n" && ip link set "$dev" up && ip link set "peer$n" up || exit 9
    n=$((n + 1))
done
for file in *.conf; do
    echo "@@ $file"
    setsid -w keepalived -t -f "$file" -i main 2>&1
    echo "@= $?"
done
`

// fatal are the messages after which keepalived does not run. Its exit code
// does not tell: 5 stands for any complaint at all.
var fatal = regexp.MustCompile(`must be set|both use VRID|Non-existent interface|missing a parameter|missing .* parameter`)

// refuses reports, by file name, whether Debian's keepalived would not run.
func keepalivedRefuses(t *testing.T) map[string]bool {
	t.Helper()
	cmd := exec.Command("unshare", "-n", "sh", "-c", keepalivedScript)
	cmd.Dir = corpusDir
	cmd.Env = append(os.Environ(), "INTERFACES="+strings.Join(labInterfaces, " "))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("keepalived over the corpus: %v\n%s", err, out)
	}
	refuses := map[string]bool{}
	for _, part := range strings.Split(string(out), "@@ ")[1:] {
		name, said, _ := strings.Cut(part, "\n")
		said, code, found := strings.Cut(said, "@= ")
		if !found {
			t.Fatalf("no exit code for %s:\n%s", name, part)
		}
		switch code = strings.TrimSpace(code); code {
		case "0", "5", "6", "143":
			refuses[name] = fatal.MatchString(said)
		default:
			refuses[name] = true
		}
	}
	return refuses
}

// TestSecondOpinion compares our verdict with Debian's keepalived for every
// file of the corpus. Each difference is a row of docs/keepalived.md.
func TestSecondOpinion(t *testing.T) {
	refuses := keepalivedRefuses(t)
	var rows []string
	for _, file := range corpus(t) {
		name := filepath.Base(file)
		theirs, seen := refuses[name]
		if !seen {
			t.Errorf("keepalived did not read %s", name)
		}
		_, findings := Load([]string{file}, anyHost())
		if ours := Failed(findings); ours != theirs {
			rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |", name, verdict(theirs), verdict(ours)))
		}
	}
	doc, err := os.ReadFile("../../docs/keepalived.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := regexp.MustCompile("(?m)^\\| `[^`]+\\.conf` \\| (?:runs|refuses) \\| (?:runs|refuses) \\|").FindAllString(string(doc), -1)
	slices.Sort(listed)
	slices.Sort(rows)
	for _, r := range rows {
		if !slices.Contains(listed, r) {
			t.Errorf("docs/keepalived.md lacks the difference: %s", r)
		}
	}
	for _, l := range listed {
		if !slices.Contains(rows, l) {
			t.Errorf("docs/keepalived.md lists what is no difference: %s", l)
		}
	}
}

func verdict(refuses bool) string {
	if refuses {
		return "refuses"
	}
	return "runs"
}
