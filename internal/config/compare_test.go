package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCompareStories reads files of several nodes out of one text and
// compares them. The first line of a text tells the story.
func TestCompareStories(t *testing.T) {
	stories, err := filepath.Glob("testdata/compare/*.txt")
	if err != nil || len(stories) < 8 {
		t.Fatalf("%d stories, %v", len(stories), err)
	}
	for _, story := range stories {
		t.Run(filepath.Base(story), func(t *testing.T) {
			text, err := os.ReadFile(story)
			if err != nil {
				t.Fatal(err)
			}
			names, texts := splitStory(string(text))
			var nodes []*Settings
			for _, n := range names {
				nodes = append(nodes, mustLoad(t, []string{n}, inMemory(texts)))
			}
			golden(t, strings.TrimSuffix(story, ".txt")+".golden", compared(nodes))
		})
	}
}

// TestCompareRecorded holds the field cases' pairs against each other.
func TestCompareRecorded(t *testing.T) {
	for _, pair := range []string{"recorded-case1", "recorded-case2-final", "recorded-case4", "real-01-haproxy-pair"} {
		t.Run(pair, func(t *testing.T) {
			var nodes []*Settings
			for _, n := range []string{"-a", "-b"} {
				nodes = append(nodes, mustLoad(t, []string{filepath.Join(corpusDir, pair+n+".conf")}, anyHost()))
			}
			golden(t, "testdata/compare/"+pair+".golden", compared(nodes))
		})
	}
}

func mustLoad(t *testing.T, files []string, opt Options) *Settings {
	t.Helper()
	s, findings := Load(files, opt)
	if Failed(findings) {
		t.Fatalf("%v:\n%s", files, formatAll(findings))
	}
	return s
}

func compared(nodes []*Settings) string {
	c := Compare(nodes)
	return formatAll(c.Findings) + "\n" + c.Words()
}

// splitStory cuts a text at lines such as "-- a.conf --".
func splitStory(text string) (names []string, texts map[string]string) {
	texts = map[string]string{}
	name := ""
	for _, line := range strings.SplitAfter(text, "\n") {
		if n, ok := strings.CutPrefix(line, "-- "); ok {
			name = strings.TrimSuffix(strings.TrimSpace(n), " --")
			names = append(names, name)
			continue
		}
		if name != "" {
			texts[name] += line
		}
	}
	return names, texts
}
