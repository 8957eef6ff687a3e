package test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// binary is the xvrrp under test, built once.
var binary string

func TestMain(m *testing.M) {
	if dir := os.Getenv(translatorEnv); dir != "" {
		os.Exit(translate(dir, os.Getenv(translatorEnv+"_TO")))
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "xvrrp-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "xvrrp")
	build := exec.Command("go", "build", "-o", binary, "github.com/xvrrp/xvrrp/cmd/xvrrp")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build xvrrp: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}
