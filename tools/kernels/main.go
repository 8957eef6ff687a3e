package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

func main() {
	out := flag.String("out", "", "also write the table into this `file`")
	if err := run(parse(), *out); err != nil {
		fmt.Fprintln(os.Stderr, "kernels:", err)
		os.Exit(1)
	}
}

func parse() []string {
	flag.Parse()
	return flag.Args()
}

// run tests every package's kernel and prints the table. A kernel on which the
// suite fails is an error, after the table.
func run(packages []string, out string) error {
	if len(packages) == 0 {
		var err error
		if packages, err = oldestAndNewest(); err != nil {
			return err
		}
	}
	dir, err := os.MkdirTemp("", "xvrrp-kernels-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	suite, err := buildSuite(dir)
	if err != nil {
		return err
	}
	var results []result
	for i, p := range packages {
		r, err := try(filepath.Join(dir, fmt.Sprint(i)), p, suite)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		results = append(results, r)
	}
	if err := report(results, out); err != nil {
		return err
	}
	for _, r := range results {
		if len(r.failed) > 0 || r.exit != 0 {
			return fmt.Errorf("the suite fails on %s (exit %d): %v", r.release, r.exit, r.failed)
		}
	}
	return nil
}

// try boots one package's kernel with the suite.
func try(dir, name string, suite []file) (result, error) {
	fmt.Printf("== %s\n", name)
	k, err := fetch(dir, name)
	if err != nil {
		return result{}, err
	}
	files, err := k.moduleFiles()
	if err != nil {
		return result{}, err
	}
	initramfs := filepath.Join(dir, "initramfs")
	if err := writeInitramfs(initramfs, append(files, suite...)); err != nil {
		return result{}, err
	}
	text, accel, err := boot(k.image, initramfs)
	r := read(text)
	r.pkg, r.accel, r.release = name, accel, k.release
	if err == nil && !r.ended {
		err = fmt.Errorf("the guest did not finish the suite:\n%s", tail(text, 40))
	}
	return r, err
}

// buildSuite compiles the guest's init and the tests, and takes their data along.
func buildSuite(dir string) ([]file, error) {
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return nil, fmt.Errorf("find the module: %w", err)
	}
	top := string(root[:len(root)-1])
	guest, suite := filepath.Join(dir, "guest"), filepath.Join(dir, "suite")
	for _, args := range [][]string{
		{"build", "-o", guest, "./tools/kernels/guest"},
		{"test", "-c", "-o", suite, "./internal/datapath"},
	} {
		cmd := exec.Command("go", args...)
		cmd.Dir, cmd.Env, cmd.Stderr = top, append(os.Environ(), "CGO_ENABLED=0"), os.Stderr
		if err := cmd.Run(); err != nil {
			return nil, fmt.Errorf("go %v: %w", args, err)
		}
	}
	files := []file{{name: "init", from: guest}, {name: "suite/internal/datapath/datapath.test", from: suite}}
	// The tests read the vectors and the captures by their place in the tree.
	const data = "pkg/vrrp/wire/testdata"
	err = filepath.WalkDir(filepath.Join(top, data), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(top, path)
		files = append(files, file{name: "suite/" + rel, from: path})
		return err
	})
	return files, err
}
