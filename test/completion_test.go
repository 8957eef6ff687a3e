package test

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// The completion that bash sources completes commands, and the options of the
// command that was typed.
func TestBashCompletes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		typed string
		want  []string
		never string
	}{
		{"ex", []string{"explain"}, "status"},
		{"status --js", []string{"--json"}, "--follow"},
		{"events --f", []string{"--follow"}, "--json"},
		{"completion ", []string{"bash", "zsh", "fish"}, "explain"},
	} {
		words := append([]string{binary}, strings.Split(c.typed, " ")...)
		quoted := make([]string, len(words))
		for i, w := range words {
			quoted[i] = "'" + w + "'"
		}
		script := fmt.Sprintf("set -e\nsource <('%s' completion bash)\nCOMP_WORDS=(%s)\nCOMP_CWORD=%d\n_xvrrp\nprintf '%%s\\n' \"${COMPREPLY[@]}\"\n",
			binary, strings.Join(quoted, " "), len(words)-1)
		out, err := exec.Command("bash", "-c", script).CombinedOutput()
		got := strings.Fields(string(out))
		for _, w := range c.want {
			if err != nil || !slices.Contains(got, w) {
				t.Errorf("%q completes to %q without %s, %v", c.typed, got, w, err)
			}
		}
		if slices.Contains(got, c.never) {
			t.Errorf("%q completes to %q", c.typed, got)
		}
	}
}
