package main

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// wanted are the modules that the suite's networks are made of. What a kernel
// has built in, it has no module for.
var wanted = []string{"veth", "bridge", "macvlan", "8021q", "bonding", "dummy", "sch_ingress", "cls_bpf", "act_bpf",
	"nf_tables", "nft_ct", "nft_limit", "nft_log", "nft_reject_inet", "nft_reject_ipv4", "nft_reject_ipv6"}

// moduleFiles returns the wanted modules and what they need, in the order in
// which they are to be loaded, for the initramfs.
func (k image) moduleFiles() ([]file, error) {
	paths, err := modulePaths(k.modules)
	if err != nil {
		return nil, err
	}
	var files []file
	var seen []string
	var add func(name string) error
	add = func(name string) error {
		path, ok := paths[name]
		if !ok || slices.Contains(seen, name) {
			return nil
		}
		seen = append(seen, name)
		object, err := readModule(path)
		if err != nil {
			return fmt.Errorf("module %s: %w", name, err)
		}
		needs, err := needs(object)
		if err != nil {
			return fmt.Errorf("module %s: %w", name, err)
		}
		for _, n := range needs {
			if err := add(n); err != nil {
				return err
			}
		}
		files = append(files, file{name: fmt.Sprintf("modules/%03d-%s.ko", len(files), name), data: object})
		return nil
	}
	for _, name := range wanted {
		if err := add(name); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// modulePaths finds every module below a directory, by its name.
func modulePaths(dir string) (map[string]string, error) {
	paths := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if name, _, found := strings.Cut(filepath.Base(path), ".ko"); err == nil && found && !d.IsDir() {
			paths[strings.ReplaceAll(name, "-", "_")] = path
		}
		return err
	})
	return paths, err
}

// readModule also takes off the compression that newer packages have.
func readModule(path string) ([]byte, error) {
	switch filepath.Ext(path) {
	case ".xz":
		return exec.Command("xz", "-dc", path).Output()
	case ".zst":
		return exec.Command("zstd", "-dcq", path).Output()
	}
	return os.ReadFile(path)
}

// needs reads in a module's own words which others it needs. The package's
// index of them is made only when it is installed.
func needs(object []byte) ([]string, error) {
	f, err := elf.NewFile(bytes.NewReader(object))
	if err != nil {
		return nil, err
	}
	section := f.Section(".modinfo")
	if section == nil {
		return nil, nil
	}
	info, err := section.Data()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, line := range strings.Split(string(info), "\x00") {
		if list, found := strings.CutPrefix(line, "depends="); found && list != "" {
			names = append(names, strings.Split(strings.ReplaceAll(list, "-", "_"), ",")...)
		}
	}
	return names, nil
}
