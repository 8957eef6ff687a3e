package config

import (
	"strings"

	"github.com/xvrrp/xvrrp/internal/keepalived"
)

// command reads the command line behind a keyword, with user and group.
func (r *reader) command(st *statement) (Command, bool) {
	argv, rest, err := keepalived.SplitCommand(st.Raw)
	if err != nil {
		r.err(codeBadCommand, arg(st, 0), "close the quotes", "%s: %v", st.Keyword(), err)
		return Command{}, false
	}
	if len(argv) == 0 || argv[0] == "" {
		r.err(codeMissingValue, at(st), "write a command behind "+st.Keyword(), "%s has no command", st.Keyword())
		return Command{}, false
	}
	c := Command{Argv: argv, Pos: Pos(st.Pos)}
	if len(rest) > 0 {
		c.User, c.Group = account(rest)
	}
	if len(rest) > 2 || strings.HasPrefix(c.User, "-") || strings.HasPrefix(c.User, "/") {
		r.warn(codeUnquotedCommand, arg(st, 1), `put the whole command line in quotes: "`+strings.Join(append(argv[:1:1], rest...), " ")+`"`,
			"%s runs only %s: the words behind it are read as user and group", st.Keyword(), quote(argv[0]))
	}
	r.shellWords(st, argv)
	return c, true
}

// shellWords warns about arguments that only a shell would understand.
func (r *reader) shellWords(st *statement, argv []string) {
	for _, a := range argv[1:] {
		if a == "|" || a == "||" || a == "&&" || a == ";" || a == ">" || a == "<" || a == ">>" || a == "2>&1" || a == ">/dev/null" {
			r.warn(codeNoShell, arg(st, 0), `write "/bin/sh -c '…'"`,
				"%s is passed to %s as a plain argument: no shell runs commands", quote(a), argv[0])
			return
		}
	}
}

// account splits USER [GROUP] and USER:GROUP.
func account(words []string) (user, group string) {
	user = words[0]
	if len(words) > 1 {
		return user, words[1]
	}
	if u, g, ok := strings.Cut(user, ":"); ok {
		return u, g
	}
	return user, ""
}

func commandWord[T any](to func(*T) *Command) word[T] {
	return word[T]{min: 1, max: -1, repeat: firstWins, read: func(r *reader, st *statement, into *T) {
		if c, ok := r.command(st); ok {
			*to(into) = c
		}
	}}
}

// fifoWord is notify_fifo PATH [USER [GROUP]].
func fifoWord[T any](to func(*T) *FIFO) word[T] {
	return word[T]{min: 1, max: 3, read: func(_ *reader, st *statement, into *T) {
		words := texts(st.Args())
		f := to(into)
		f.Path = words[0]
		if len(words) > 1 {
			f.User, f.Group = account(words[1:])
		}
	}}
}

// notifyWords are the notifications that instances and groups share.
func notifyWords[T any](to func(*T) *Notify) map[string]word[T] {
	return map[string]word[T]{
		"notify_master":           commandWord(func(t *T) *Command { return &to(t).Master }),
		"notify_backup":           commandWord(func(t *T) *Command { return &to(t).Backup }),
		"notify_fault":            commandWord(func(t *T) *Command { return &to(t).Fault }),
		"notify_stop":             commandWord(func(t *T) *Command { return &to(t).Stop }),
		"notify":                  commandWord(func(t *T) *Command { return &to(t).Any }),
		"notify_priority_changes": flagWord(func(t *T) *bool { return &to(t).PriorityChanges }),
		"smtp_alert":              flagWord(func(t *T) *bool { return &to(t).SMTPAlert }),
	}
}
