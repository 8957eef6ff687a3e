package keepalived

import (
	"errors"
	"fmt"
	"strings"
)

// IsCommand reports whether keepalived reads the rest of this keyword's line
// as a command line.
func IsCommand(keyword string) bool {
	switch keyword {
	case "script", "notify", "notify_master", "notify_backup", "notify_fault",
		"notify_stop", "notify_deleted", "notify_master_rx_lower_pri",
		"startup_script", "shutdown_script",
		"notify_fifo_script", "vrrp_notify_fifo_script", "lvs_notify_fifo_script",
		"notify_up", "notify_down", "quorum_up", "quorum_down", "misc_path":
		return true
	}
	return false
}

// IsSecret reports whether the value of a keyword is a password or a key.
func IsSecret(keyword string) bool { return keyword == "auth_pass" || keyword == "key" }

// SplitCommand splits Statement.Raw of a command keyword: argv is the command
// and its arguments, rest are the words after the command (user and group).
// The command is the first word of raw. It may be built from pieces in either
// kind of quotes, which are taken off; what it then says is split once more.
// No shell is involved.
func SplitCommand(raw string) (argv, rest []string, err error) {
	pieces, err := commandWords(raw)
	if err != nil {
		return nil, nil, err
	}
	if len(pieces) == 0 {
		return nil, nil, errors.New("there is no command")
	}
	if argv, err = arguments(pieces[0]); err != nil {
		return nil, nil, err
	}
	if len(argv) == 0 || argv[0] == "" {
		return nil, nil, errors.New("the command is empty")
	}
	return argv, pieces[1:], nil
}

// commandWords splits at blanks outside quotes, takes the quotes off and keeps
// escapes as they are.
func commandWords(raw string) ([]string, error) {
	var list []string
	for i := skipBlanks(raw, 0); i < len(raw); i = skipBlanks(raw, i) {
		var b strings.Builder
		for i < len(raw) && !isBlank(raw[i]) {
			switch c := raw[i]; c {
			case '"', '\'':
				end := closingQuote(raw, i)
				if end < 0 {
					return nil, unclosed(raw, i)
				}
				b.WriteString(raw[i+1 : end])
				i = end + 1
			case '\\':
				end := min(i+2, len(raw))
				b.WriteString(raw[i:end])
				i = end
			default:
				b.WriteByte(c)
				i++
			}
		}
		list = append(list, b.String())
	}
	return list, nil
}

// closingQuote is the index of the quote that ends the one at s[open], or -1.
// A backslash protects the byte after it.
func closingQuote(s string, open int) int {
	for i := open + 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[open]:
			return i
		}
	}
	return -1
}

func unclosed(s string, i int) error {
	return fmt.Errorf("the quote %c at %q is never closed", s[i], s[i:min(i+12, len(s))])
}

// arguments splits a command into its arguments and resolves escapes.
func arguments(command string) ([]string, error) {
	var argv []string
	for i := skipBlanks(command, 0); i < len(command); i = skipBlanks(command, i) {
		var arg []byte
		quote, opened := byte(0), 0
		for ; i < len(command) && (quote != 0 || !isBlank(command[i])); i++ {
			switch c := command[i]; {
			case c == '\\' && i+1 < len(command):
				b, n := unescape(command[i+1:])
				if b == 0 {
					return nil, fmt.Errorf("the escape %q makes a NUL byte, which no argument can hold", command[i:i+1+n])
				}
				arg = append(arg, b)
				i += n
			case c == quote:
				quote = 0
			case quote == 0 && (c == '"' || c == '\''):
				quote, opened = c, i
			default:
				arg = append(arg, c)
			}
		}
		if quote != 0 {
			return nil, unclosed(command, opened)
		}
		argv = append(argv, string(arg))
	}
	return argv, nil
}

// unescape reads what follows a backslash: the byte it means, and how many
// bytes were read.
func unescape(s string) (byte, int) {
	const letters, values = "abEfnrtv", "\a\b\x1b\f\n\r\t\v"
	if i := strings.IndexByte(letters, s[0]); i >= 0 {
		return values[i], 1
	}
	switch c := s[0]; {
	case isOctal(c):
		v, n := 0, 0
		for n < 3 && n < len(s) && isOctal(s[n]) {
			v, n = v*8+int(s[n]-'0'), n+1
		}
		return byte(v), n
	case c == 'x' && len(s) > 1 && hexDigit(s[1]) >= 0:
		v, n := 0, 1
		for n < 3 && n < len(s) && hexDigit(s[n]) >= 0 {
			v, n = v*16+hexDigit(s[n]), n+1
		}
		return byte(v), n
	case c == 'c' && len(s) > 1:
		return s[1] & 0x1f, 2
	default:
		return c, 1
	}
}

func isOctal(c byte) bool { return '0' <= c && c <= '7' }

// hexDigit is the value of a hexadecimal digit, or -1.
func hexDigit(c byte) int {
	if 'A' <= c && c <= 'F' {
		c += 'a' - 'A'
	}
	return strings.IndexByte("0123456789abcdef", c)
}
