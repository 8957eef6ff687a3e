package config

import "net/netip"

func sameAddr(a, b netip.Addr) bool     { return a == b }
func samePrefix(a, b netip.Prefix) bool { return a == b }
