package config

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files instead of comparing with them")

const corpusDir = "testdata/corpus"

// corpus lists the configurations under test.
func corpus(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(corpusDir + "/*.conf")
	if err != nil || len(files) < 60 {
		t.Fatalf("corpus: %d files, %v", len(files), err)
	}
	return files
}

// anyHost reads files without looking at the host they are tested on.
func anyHost() Options {
	return Options{ConfigID: "main", Hostname: "main.example.net", Env: func(string) (string, bool) { return "", false }}
}

// inMemory reads from the named texts.
func inMemory(texts map[string]string) Options {
	files := fstest.MapFS{}
	for name, text := range texts {
		files[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	opt := anyHost()
	opt.Files = memory{files}
	return opt
}

type memory struct{ fstest.MapFS }

func (m memory) Glob(pattern string) ([]string, error)       { return fs.Glob(m.MapFS, pattern) }
func (m memory) Stat(name string) (fs.FileInfo, error)       { return fs.Stat(m.MapFS, name) }
func (m memory) ReadFile(name string, _ int) ([]byte, error) { return fs.ReadFile(m.MapFS, name) }

// loadText reads one text under the name test.conf.
func loadText(text string) (*Settings, []Finding) {
	return Load([]string{"test.conf"}, inMemory(map[string]string{"test.conf": text}))
}

func formatAll(findings []Finding) string {
	var b strings.Builder
	for _, f := range findings {
		b.WriteString(f.Format())
	}
	return strings.ReplaceAll(b.String(), corpusDir+"/", "")
}

func TestCorpusGolden(t *testing.T) {
	for _, file := range corpus(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			s, findings := Load([]string{file}, anyHost())
			golden(t, strings.TrimSuffix(file, ".conf")+".findings", formatAll(findings))
			if name := filepath.Base(file); Failed(findings) && (strings.HasPrefix(name, "recorded") || strings.HasPrefix(name, "doc")) {
				t.Errorf("recorded and documented files run unchanged:\n%s", formatAll(findings))
			}
			settings := ""
			if !Failed(findings) {
				settings = Print(s, PrintOptions{})
			}
			golden(t, strings.TrimSuffix(file, ".conf")+".settings", settings)
		})
	}
}

// golden compares text with a file; without text there must be no file.
func golden(t *testing.T, file, text string) {
	t.Helper()
	if *rewrite {
		if text == "" {
			if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
		} else if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// sameSettings compares settings apart from places and files.
func sameSettings(a, b *Settings) string {
	return cmp.Diff(a, b, cmpopts.IgnoreTypes(Pos{}), cmpopts.IgnoreFields(Settings{}, "Files"), cmpopts.EquateEmpty(),
		cmp.Comparer(func(x, y Secret) bool { return x == y }), cmp.Comparer(sameAddr), cmp.Comparer(samePrefix))
}

func TestPrintReadsBack(t *testing.T) {
	for _, file := range corpus(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			s, findings := Load([]string{file}, anyHost())
			if Failed(findings) {
				return // what must not be run need not be printed
			}
			text := Print(s, PrintOptions{ShowSecrets: true})
			again, findings := loadText(text)
			if Failed(findings) {
				t.Fatalf("the canonical form has errors:\n%s\n%s", formatAll(findings), text)
			}
			if diff := sameSettings(s, again); diff != "" {
				t.Errorf("read back (-first +second):\n%s\n%s", diff, text)
			}
			if twice := Print(again, PrintOptions{ShowSecrets: true}); twice != text {
				t.Errorf("printed twice:\n%s", cmp.Diff(text, twice))
			}
		})
	}
}

// TestPrintHidesSecrets looks for every secret of the corpus in what is shown.
func TestPrintHidesSecrets(t *testing.T) {
	for _, file := range corpus(t) {
		s, findings := Load([]string{file}, anyHost())
		shown := Print(s, PrintOptions{}) + formatAll(findings)
		for _, i := range s.Instances {
			secrets := []Secret{i.Auth.Password}
			for _, k := range i.Auth.HMAC.Keys {
				secrets = append(secrets, k.Key)
			}
			for _, secret := range secrets {
				if v := secret.Reveal(); len(v) > 4 && strings.Contains(shown, v) {
					t.Errorf("%s: instance %s: a secret is shown", file, i.Name)
				}
			}
		}
	}
}
