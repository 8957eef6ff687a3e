package doctor

import "fmt"

// What others found out, as findings.

// BadConfig is a configuration that the daemon would refuse.
func BadConfig(text string) Finding {
	return Finding{
		Problem, "config", "", "the configuration has errors: " + text,
		"the daemon refuses to start with it, so nobody holds the addresses here", "`xvrrp check` names every line and its remedy",
	}
}

// Conflict is something about the routers of a LAN that cannot be meant.
func Conflict(iface, code, text, remedy string) Finding {
	return Finding{
		Problem, "lan_conflict", iface, fmt.Sprintf("heard on %s: %s [%s]", iface, text, code),
		"routers that contradict each other become master side by side", remedy,
	}
}

// Outside is what another node of the virtual router found when it was asked.
func Outside(code, what, why, remedy string) Finding {
	return Finding{Problem, code, "", what, why, remedy}
}
