package test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// The package map of docs/architecture.md names every package, and no other.
func TestArchitectureNamesThePackages(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(internal/[a-z]+)` \\|").FindAllStringSubmatch(string(text), -1) {
		named = append(named, row[1])
	}
	docs, err := filepath.Glob(filepath.Join("..", "internal", "*", "doc.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range docs {
		name := "internal/" + filepath.Base(filepath.Dir(path))
		if !slices.Contains(named, name) {
			t.Errorf("%s is not in the package map of docs/architecture.md", name)
		}
		named = slices.DeleteFunc(named, func(n string) bool { return n == name })
	}
	for _, name := range named {
		t.Errorf("%s is in the package map of docs/architecture.md and not in the tree", name)
	}
}
