package config

import (
	"fmt"
	"os"
	"strings"
)

// linkGroup checks the group that an interface is put into: a number, or a name of iproute2's.
func (r *reader) linkGroup(st *statement, i int) string {
	text := st.Args()[i].Text
	if isDigits(text) || r.opt.LinkGroup == nil {
		return text
	}
	if err := r.opt.LinkGroup(text); err != nil {
		r.err(codeBadNumber, arg(st, i), "write the group's number, or add a line such as \"7 "+text+"\" to /etc/iproute2/group",
			"interface group %s is neither a number nor a name that iproute2 knows", quote(text))
	}
	return text
}

// hostLinkGroup looks a name up in iproute2's files.
func hostLinkGroup(name string) error {
	if name == "default" {
		return nil
	}
	for _, dir := range []string{"/etc/iproute2", "/usr/share/iproute2", "/usr/lib/iproute2"} {
		text, err := os.ReadFile(dir + "/group")
		if err != nil {
			continue // one of them is enough
		}
		for line := range strings.Lines(string(text)) {
			if f := strings.Fields(line); len(f) >= 2 && f[1] == name && isDigits(f[0]) {
				return nil
			}
		}
	}
	return fmt.Errorf("no interface group %s", name)
}
