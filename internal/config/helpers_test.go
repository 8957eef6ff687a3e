package config

import (
	"encoding/json"
	"fmt"
	"net/netip"
)

func sameAddr(a, b netip.Addr) bool     { return a == b }
func samePrefix(a, b netip.Prefix) bool { return a == b }

// formats shows a value in every way that a log might.
func formats(v any) []string {
	var out []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		out = append(out, fmt.Sprintf(verb, v))
	}
	text, err := json.Marshal(v)
	return append(out, string(text), fmt.Sprint(err))
}
