package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// image is an unpacked kernel package.
type image struct {
	release string // as uname -r tells it
	image   string // path of the bzImage
	modules string // path of its modules
}

// The cloud flavour is small, and its features are those of the other.
var cloudImage = regexp.MustCompile(`^linux-image-([0-9]+\.[0-9]+\.[0-9][^ ]*)-cloud-amd64$`)

// oldestAndNewest asks apt what it offers, on a fresh machine once more after
// it has fetched its lists.
func oldestAndNewest() ([]string, error) {
	names, err := offers()
	if err == nil && len(names) == 0 {
		if out, err := exec.Command("apt-get", "update", "-qq").CombinedOutput(); err != nil {
			return nil, fmt.Errorf("apt-get update: %w: %s", err, out)
		}
		names, err = offers()
	}
	switch {
	case err != nil:
		return nil, err
	case len(names) == 0:
		return nil, errors.New("apt offers no linux-image-*-cloud-amd64: this needs a Debian")
	case len(names) == 1:
		return names, nil
	}
	return []string{names[0], names[len(names)-1]}, nil
}

// offers lists the kernel packages, oldest first.
func offers() ([]string, error) {
	out, err := exec.Command("apt-cache", "pkgnames", "linux-image-").Output()
	if err != nil {
		return nil, fmt.Errorf("ask apt for kernels: %w", err)
	}
	var names []string
	for _, name := range strings.Fields(string(out)) {
		if cloudImage.MatchString(name) && offered(name) {
			names = append(names, name)
		}
	}
	sort.Slice(names, func(i, j int) bool { return older(names[i], names[j]) })
	return names, nil
}

// offered tells whether a repository has the package; apt also knows names of
// packages that are merely mentioned.
func offered(name string) bool {
	out, err := exec.Command("apt-cache", "show", "--no-all-versions", name).Output()
	return err == nil && strings.Contains(string(out), "\nFilename: ")
}

var numbers = regexp.MustCompile(`[0-9]+`)

// older compares the numbers in two names, one by one.
func older(a, b string) bool {
	x, y := numbers.FindAllString(a, -1), numbers.FindAllString(b, -1)
	for i := range min(len(x), len(y)) {
		// Only digits: cannot fail, but for numbers that no version has.
		m, _ := strconv.Atoi(x[i])
		n, _ := strconv.Atoi(y[i])
		if m != n {
			return m < n
		}
	}
	return len(x) < len(y)
}

// fetch downloads a package and unpacks it into dir. Nothing is installed.
func fetch(dir, name string) (image, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return image{}, err
	}
	cmd := exec.Command("apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", name)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	if err := cmd.Run(); err != nil {
		return image{}, fmt.Errorf("download: %w", err)
	}
	debs, err := filepath.Glob(filepath.Join(dir, "*.deb"))
	if err != nil || len(debs) != 1 {
		return image{}, fmt.Errorf("apt downloaded %d packages (%v)", len(debs), err)
	}
	root := filepath.Join(dir, "root")
	if out, err := exec.Command("dpkg-deb", "-x", debs[0], root).CombinedOutput(); err != nil {
		return image{}, fmt.Errorf("unpack: %w: %s", err, out)
	}
	images, err := filepath.Glob(filepath.Join(root, "boot", "vmlinuz-*"))
	if err != nil || len(images) != 1 {
		return image{}, fmt.Errorf("the package has %d kernels (%v); a meta package has none, name the one it stands for", len(images), err)
	}
	release := strings.TrimPrefix(filepath.Base(images[0]), "vmlinuz-")
	for _, lib := range []string{"lib", "usr/lib"} {
		modules := filepath.Join(root, lib, "modules", release)
		if _, err := os.Stat(modules); err == nil {
			return image{release: release, image: images[0], modules: modules}, nil
		}
	}
	return image{}, fmt.Errorf("no modules for %s", release)
}
