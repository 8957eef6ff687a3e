package config

import (
	"net/netip"
	"time"
)

// The functions here build the table entries that many keywords share: each
// is told where in the draft the value goes.

func flagWord[T any](to func(*T) *bool) word[T] {
	return word[T]{max: 1, read: func(r *reader, st *statement, into *T) {
		if v, ok := r.boolean(st); ok {
			*to(into) = v
		}
	}}
}

// bareWord is a flag that takes no value.
func bareWord[T any](to func(*T) *bool) word[T] {
	return word[T]{read: func(_ *reader, _ *statement, into *T) { *to(into) = true }}
}

func intWord[T any](lo, hi int, to func(*T) *int) word[T] {
	return word[T]{min: 1, max: 1, read: func(r *reader, st *statement, into *T) {
		if n, ok := r.integer(st, 0, lo, hi); ok {
			*to(into) = n
		}
	}}
}

// countWord is a number of packets, where keepalived turns 0 into 1.
func countWord[T any](to func(*T) *int) word[T] {
	return word[T]{min: 1, max: 1, read: func(r *reader, st *statement, into *T) {
		n, ok := r.integer(st, 0, 0, 1<<30)
		if ok && n == 0 {
			r.warn(codeRaised, arg(st, 0), "write 1", "%s 0 means 1", st.Keyword())
			n = 1
		}
		if ok {
			*to(into) = n
		}
	}}
}

// wholeWord is a time in whole units (seconds, microseconds).
func wholeWord[T any](unit time.Duration, lo, hi int, to func(*T) *time.Duration) word[T] {
	return word[T]{min: 1, max: 1, read: func(r *reader, st *statement, into *T) {
		if n, ok := r.integer(st, 0, lo, hi); ok {
			*to(into) = time.Duration(n) * unit
		}
	}}
}

// decWord is a time in decimal seconds.
func decWord[T any](lo, hi time.Duration, to func(*T) *time.Duration) word[T] {
	return word[T]{min: 1, max: 1, read: func(r *reader, st *statement, into *T) {
		if d, ok := r.seconds(st, 0, lo, hi); ok {
			*to(into) = d
		}
	}}
}

func textWord[T any](to func(*T) *string) word[T] {
	return word[T]{min: 1, max: 1, read: func(_ *reader, st *statement, into *T) {
		*to(into) = st.Args()[0].Text
	}}
}

func ifWord[T any](to func(*T) *string) word[T] {
	return word[T]{min: 1, max: 1, read: func(r *reader, st *statement, into *T) {
		if name, ok := r.ifName(st, 0); ok {
			*to(into) = name
		}
	}}
}

func addrWord[T any](to func(*T) *netip.Addr) word[T] {
	return word[T]{min: 1, max: 1, read: func(r *reader, st *statement, into *T) {
		if a, ok := r.address(st, 0); ok {
			*to(into) = a
		}
	}}
}

// keptWord is a word that is read and kept, but has no effect.
func keptWord[T any](min, max int, to func(*T) *[]Option) word[T] {
	return word[T]{min: min, max: max, block: mayBlock, read: func(_ *reader, st *statement, into *T) {
		list := to(into)
		*list = append(*list, Option{st.Keyword(), texts(st.Args())})
	}}
}

// noWord is a word that is accepted and means nothing.
func noWord[T any]() word[T] { return word[T]{max: -1, block: mayBlock} }

// aliasWord is an old name.
func aliasWord[T any](current string) word[T] { return word[T]{alias: current} }
