package config

import "slices"

// vocabulary is the list of words of one kind of block.
type vocabulary struct {
	block string
	words []string
}

// vocabularies lists every block and its words: for hints in messages, for
// the documentation, and for the test that compares the two. It is a variable
// because the tables' own functions ask it.
var vocabularies func() []vocabulary

func init() { vocabularies = listVocabularies }

func listVocabularies() []vocabulary {
	return []vocabulary{
		vocabularyOf(topTable), vocabularyOf(globalTable), vocabularyOf(instanceTable), vocabularyOf(groupTable),
		vocabularyOf(scriptTable), vocabularyOf(trackFileTable), vocabularyOf(processTable), vocabularyOf(bfdTable),
		vocabularyOf(authTable), vocabularyOf(hmacTable), vocabularyOf(trackGroupTable), vocabularyOf(garpGroupTable),
		vocabularyOf(ownTable), vocabularyOf(ownInstanceTable), vocabularyOf(checkTable), vocabularyOf(heartbeatTable),
	}
}

func vocabularyOf[T any](t table[T]) vocabulary {
	v := vocabulary{block: t.name}
	for w := range t.words {
		v.words = append(v.words, w)
	}
	slices.Sort(v.words)
	return v
}
