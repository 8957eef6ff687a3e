package track

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strconv"
	"strings"
)

// fileLimit is how much of a tracked file is read, in bytes.
const fileLimit = 127

// readNumber reads the number in a tracked file. A missing file is 0.
func readNumber(path string) FileResult {
	f, err := os.OpenFile(path, os.O_RDONLY|openNonblock, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return FileResult{}
	}
	if err != nil {
		return FileResult{Exists: true, Err: err}
	}
	defer f.Close()
	buf := make([]byte, fileLimit)
	n, err := f.Read(buf)
	if n == 0 && err != nil && err.Error() != "EOF" {
		return FileResult{Exists: true, Err: err}
	}
	v, err := parseNumber(string(buf[:n]))
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return FileResult{Value: v, Exists: true, Err: err}
}

// parseNumber reads a number as C's strtol does with base 0: white space, a
// sign, 0x for hexadecimal, 0 for octal; what follows the number is ignored.
// Nothing but white space is 0, and what does not begin with a number is an
// error. Numbers are 32 bits wide.
func parseNumber(s string) (int64, error) {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	if s == "" {
		return 0, nil
	}
	sign, rest := "", s
	if rest[0] == '+' || rest[0] == '-' {
		sign, rest = rest[:1], rest[1:]
	}
	base, digits := split(rest)
	if digits == "" {
		return 0, fmt.Errorf("%.20q is no number", s)
	}
	v, err := strconv.ParseInt(sign+digits, base, 64)
	if err != nil || v < math.MinInt32 || v > math.MaxInt32 {
		return 0, fmt.Errorf("%.20q is out of range", s)
	}
	return v, nil
}

// split finds the base of an unsigned number and its digits, of which there
// are none if it is no number.
func split(s string) (base int, digits string) {
	base = 10
	switch {
	case len(s) > 2 && (s[:2] == "0x" || s[:2] == "0X") && leading(s[2:], 16) != "":
		return 16, leading(s[2:], 16)
	case strings.HasPrefix(s, "0"):
		base = 8
	}
	return base, leading(s, base)
}

// leading returns the digits of the base with which s begins.
func leading(s string, base int) string {
	end := strings.IndexFunc(s, func(r rune) bool {
		_, err := strconv.ParseUint(string(r), base, 8)
		return err != nil
	})
	if end < 0 {
		return s
	}
	return s[:end]
}
