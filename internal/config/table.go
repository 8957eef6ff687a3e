package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/xvrrp/xvrrp/internal/keepalived"
)

// word is what a block knows about one of its keywords. T is the draft that
// the block is read into.
type word[T any] struct {
	// read takes the statement; nil means that the word has no effect.
	read func(r *reader, st *statement, into *T)
	// min and max bound the words after the keyword; max < 0: any number.
	min, max int
	// block says whether a { } must follow.
	block blockNeed
	// repeat says what a second occurrence means.
	repeat repeat
	// alias is the current name of a word that keepalived calls deprecated.
	alias string
}

type blockNeed uint8

// noBlock: a block is an error. needBlock: its absence is one. mayBlock:
// the word can do with and without.
const (
	noBlock blockNeed = iota
	needBlock
	mayBlock
)

type repeat uint8

// lastWins is keepalived's rule for most words; firstWins for notify_…;
// adds is for lists.
const (
	lastWins repeat = iota
	firstWins
	adds
)

// table is the vocabulary of one kind of block.
type table[T any] struct {
	// name is the block's keyword, or "" outside any block.
	name  string
	words map[string]word[T]
}

// seen maps the keywords of one block to the statement that holds.
type seen map[string]*statement

// readBlock reads every statement of a block into a draft.
func readBlock[T any](r *reader, t table[T], list []*statement, into *T, have seen) {
	for _, st := range list {
		readWord(r, t, st, into, have)
	}
}

func readWord[T any](r *reader, t table[T], st *statement, into *T, have seen) {
	name := st.Keyword()
	w, known := t.words[name]
	if !known {
		if r.outside(t.name, st) || r.swallowed(st) {
			return
		}
		r.unknown(t.name, slices.Collect(maps.Keys(t.words)), st)
		return
	}
	if w.alias != "" {
		r.warn(codeDeprecated, at(st), "write "+w.alias, "%s is an old name of %s", name, w.alias)
		name = w.alias
		w = t.words[name]
	}
	r.unserved(t.name, name, st)
	if !r.shaped(t.name, w.min, w.max, w.block, t.knows, st) {
		if have[name] == nil {
			have[name] = st // so that nobody calls it missing too
		}
		return
	}
	if before := have[name]; before != nil && !r.repeated(w.repeat, name, before, st) {
		return
	}
	have[name] = st
	if w.read != nil {
		w.read(r, st, into)
	}
}

func (t table[T]) knows(name string) bool {
	_, ok := t.words[name]
	return ok
}

// repeated reports whether a second occurrence of a word is to be read.
func (r *reader) repeated(rule repeat, name string, before, st *statement) bool {
	switch rule {
	case adds:
		return true
	case firstWins:
		r.warn(codeRepeated, at(st), "remove one of the two",
			"%s is set again and ignored: the one in line %d holds", name, before.Pos.Line)
		return false
	}
	r.warn(codeRepeated, at(st), "remove one of the two",
		"%s is set again: this one holds, not the one in line %d", name, before.Pos.Line)
	return true
}

// shaped checks the number of words and the block of a statement, and reports
// whether the statement can be read.
func (r *reader) shaped(block string, min, max int, need blockNeed, knows func(string) bool, st *statement) bool {
	args := st.Args()
	name := st.Keyword()
	switch {
	case len(args) < min && min == 1:
		r.err(codeMissingValue, at(st), "write a value behind "+name, "%s has no value", name)
		return false
	case len(args) < min:
		r.err(codeMissingValue, at(st), "", "%s needs %d words, here are %d", name, min, len(args))
		return false
	case need == needBlock && !st.HasBlock:
		r.err(codeMissingBlock, at(st), "write "+name+" { … }", "%s needs a block in braces", name)
		return false
	case need == noBlock && st.HasBlock:
		r.err(codeUnexpectedBlock, at(st), "remove the braces, or end the block before it with }",
			"%s takes no block", name)
		return false
	}
	if max >= 0 && len(args) > max {
		extra := texts(args[max:])
		remedy := "remove what stands too much"
		if knows(extra[0]) {
			remedy = "put " + extra[0] + " on a line of its own"
		}
		if secretWord(name) {
			remedy = "put the value in double quotes if it has blanks"
		}
		r.warn(codeExtraWords, arg(st, max), remedy, "%s is ignored behind %s",
			shown(name, strings.Join(extra, " ")), name)
	}
	return true
}

func texts(words []keepalived.Word) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = w.Text
	}
	return out
}
