package address

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// The words of iproute2 that stand for numbers. Everything else is a number, or a name in iproute2's own files.

var tableNames = map[string]uint32{"local": unix.RT_TABLE_LOCAL, "main": unix.RT_TABLE_MAIN, "default": unix.RT_TABLE_DEFAULT}

var scopeNames = map[string]uint32{
	"global": unix.RT_SCOPE_UNIVERSE, "site": unix.RT_SCOPE_SITE, "link": unix.RT_SCOPE_LINK,
	"host": unix.RT_SCOPE_HOST, "nowhere": unix.RT_SCOPE_NOWHERE,
}

var protocolNames = map[string]uint32{
	"redirect": unix.RTPROT_REDIRECT, "kernel": unix.RTPROT_KERNEL, "boot": unix.RTPROT_BOOT, "static": unix.RTPROT_STATIC,
	"ra": unix.RTPROT_RA, "dhcp": unix.RTPROT_DHCP, "keepalived": tag,
}

var typeNames = map[string]uint32{
	"unicast": unix.RTN_UNICAST, "local": unix.RTN_LOCAL, "broadcast": unix.RTN_BROADCAST, "anycast": unix.RTN_ANYCAST,
	"multicast": unix.RTN_MULTICAST, "blackhole": unix.RTN_BLACKHOLE, "unreachable": unix.RTN_UNREACHABLE,
	"prohibit": unix.RTN_PROHIBIT, "throw": unix.RTN_THROW, "nat": unix.RTN_NAT,
}

// Actions of linux/fib_rules.h.
var actionNames = map[string]uint32{"lookup": actLookup, "goto": actGoto, "nop": 3, "blackhole": 6, "unreachable": 7, "prohibit": 8}

// The directories of iproute2's files, the administrator's before the distribution's.
var nameDirs = []string{"/etc/iproute2", "/usr/share/iproute2", "/usr/lib/iproute2"}

// Table reads the name or number of a routing table; empty is main.
func Table(word string) (uint32, error) {
	return number("table", word, "rt_tables", tableNames, 1<<32-1, 0)
}

// LinkGroup reads the name or number of a group of interfaces; empty is the default group.
func LinkGroup(word string) (uint32, error) {
	return number("interface group", word, "group", map[string]uint32{"default": 0}, 1<<32-1, 0)
}

// Scope reads the name or number of a scope.
func Scope(word string) (uint8, error) {
	n, err := number("scope", word, "rt_scopes", scopeNames, 255, 0)
	return uint8(n), err
}

// Protocol reads the name or number of a routing protocol; empty is ours.
func Protocol(word string) (uint8, error) {
	n, err := number("protocol", word, "rt_protos", protocolNames, 255, tag)
	return uint8(n), err
}

// Type reads the name of a route type; empty is unicast.
func Type(word string) (uint8, error) {
	n, err := number("route type", word, "", typeNames, 255, unix.RTN_UNICAST)
	return uint8(n), err
}

// Action reads the name of a rule's action; empty is lookup.
func Action(word string) (uint8, error) {
	n, err := number("action", word, "", actionNames, 255, actLookup)
	return uint8(n), err
}

// number reads a word: one we know, a number up to most, or a name in one of iproute2's files.
func number(what, word, file string, known map[string]uint32, most uint64, otherwise uint32) (uint32, error) {
	if word == "" {
		return otherwise, nil
	}
	if n, ok := known[word]; ok {
		return n, nil
	}
	if n, err := strconv.ParseUint(word, 0, 32); err == nil {
		if n > most {
			return 0, fmt.Errorf("%s %s: above %d", what, word, most)
		}
		return uint32(n), nil
	}
	for _, dir := range nameDirs {
		if file == "" {
			break
		}
		n, err := lookUp(dir+"/"+file, word)
		if err == nil && uint64(n) <= most {
			return n, nil
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return 0, fmt.Errorf("%s %s: %w", what, word, err)
		}
	}
	return 0, fmt.Errorf("%s %s: neither a number nor a name that iproute2 knows", what, word)
}

// lookUp finds a name in a file of lines such as "200 dmz"; os.ErrNotExist when there is no such file or line.
func lookUp(path, name string) (uint32, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if w := strings.Fields(line); len(w) >= 2 && w[1] == name {
			n, err := strconv.ParseUint(w[0], 0, 32)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", path, err)
			}
			return uint32(n), nil
		}
	}
	return 0, os.ErrNotExist
}
