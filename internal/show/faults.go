package show

import (
	"fmt"
	"strings"
)

// faults explains each kind of vrrp.Cause under its label. %s is the name of
// what is broken.
var faults = map[string]advice{
	"interface":          {"interface %s is down or not there", "nothing can be sent or heard", "look at the cable, the switch port and `ip link show %s`"},
	"tracked_interface":  {"tracked interface %s is down", "track_interface says that a master without it is worth nothing", "bring it up, or give it a weight in track_interface to lower the priority instead"},
	"script":             {"script %s fails", "track_script without a weight means FAULT when it fails", "run it by hand as its user; the table of `xvrrp status` shows what it says. With a weight it lowers the priority instead"},
	"file":               {"tracked file %s says so", "its number means FAULT", "write 0 into it when the node is well again"},
	"process":            {"tracked process %s is missing", "track_process without a weight means FAULT", "start it; with a weight it lowers the priority instead"},
	"bfd":                {"BFD session %s is not up", "the way that it watches is broken", "look at the BFD daemon"},
	"no_address":         {"the interface has no address to send adverts from", "an advert needs a source that is no virtual address", "give the interface an address of its own; IPv6 needs a link-local one that is not tentative"},
	"source_address":     {"the configured source address is not on this host", "track_src_ip says so", "add the address, or correct unicast_src_ip or mcast_src_ip"},
	"no_peers":           {"there is no unicast peer", "unicast_fault_no_peer says that this is a fault", "add unicast_peer"},
	"configuration":      {"the settings cannot work on this host (%s)", "see the log for the error", "run `xvrrp check` and `xvrrp doctor`"},
	"drained":            {"an operator drained it", "it stays away from mastership until it is resumed", "`xvrrp release --resume INSTANCE` lets it take part again"},
	"track_group":        {"a static address, route or rule of track_group %s is not there", "the track_group says that a master without it is worth nothing", "the log names it and the error; `ip address`, `ip route` and `ip rule` show what is there"},
	"sync_group":         {"another member of the sync group has a fault (%s)", "a group goes together", "`xvrrp explain` the member that has the fault"},
	"pending":            {"a check has no result yet (%s)", "nothing is broken; something is not known", "wait for its first run; its interval and timeout say how long"},
	"startup_delay":      {"vrrp_startup_delay is running", "nothing is broken", "wait, or lower vrrp_startup_delay"},
	"sync_group_pending": {"another member of the sync group waits (%s)", "nothing is broken", "wait for it"},
}

// fault turns "script chk_haproxy" into a remark.
func fault(cause string) Remark {
	kind, name, _ := strings.Cut(cause, " ")
	a, known := faults[kind]
	if !known {
		return Remark{Code: "fault", Problem: true, What: cause}
	}
	quiet := kind == "pending" || kind == "startup_delay" || kind == "sync_group_pending"
	return Remark{Code: kind, Problem: !quiet, What: named(a.what, name), Why: a.why, Remedy: named(a.remedy, name)}
}

// named puts the name into a text that has a place for it.
func named(text, name string) string {
	if !strings.Contains(text, "%s") {
		return text
	}
	if name == "" {
		return strings.NewReplacer(" (%s)", "", " %s", "").Replace(text)
	}
	return fmt.Sprintf(text, name)
}
