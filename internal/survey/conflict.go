package survey

import (
	"fmt"
	"net/netip"
	"time"
)

// Code names a kind of conflict, for scripts.
type Code string

// The codes.
const (
	TwoRouters   Code = "vip_two_vrids"        // one address under two VRIDs
	TwoSenders   Code = "two_senders"          // two routers are Active at the same time
	TwoMACs      Code = "vip_two_macs"         // somebody else than the Active router claims its address
	Versions     Code = "version"              // one virtual router, two VRRP versions
	Intervals    Code = "interval"             // its routers say unequal intervals
	Auths        Code = "authentication"       // its routers authenticate differently
	Passwords    Code = "password"             // they have different passwords
	Lists        Code = "addresses"            // they announce different addresses
	Late         Code = "late"                 // an advert came later than a Backup waits
	Faulty       Code = "malformed"            // an advert that every receiver refuses
	NotLinkLocal Code = "first_not_link_local" // IPv6: the first address is not link-local
)

// remedies say what to do about each.
var remedies = map[Code]string{
	TwoRouters:   "give the routers of one address the same virtual_router_id, or the addresses different values",
	TwoSenders:   "look what keeps adverts from one router to the other: a firewall, a switch that filters multicast, different authentication or versions",
	TwoMACs:      "find the host with this MAC: a router that did not release the address, or a host configured with it",
	Versions:     "set vrrp_version (or version) to the same value on all routers",
	Intervals:    "set advert_int to the same value on all routers",
	Auths:        "give all routers the same authentication block, or none",
	Passwords:    "give all routers the same auth_pass; only its first eight characters count",
	Lists:        "give all routers the same virtual_ipaddress block",
	Late:         "look for load on the sender or loss on the way, or raise advert_int",
	Faulty:       "look at the sender: its adverts reach nobody",
	NotLinkLocal: "put a link-local address (fe80::/10) first in virtual_ipaddress",
}

// Conflict is something about the routers of a LAN that cannot be meant.
type Conflict struct {
	Code    Code       `json:"code"`
	Family  string     `json:"family"`
	VRID    uint8      `json:"vrid"`
	Address netip.Addr `json:"address,omitzero"`
	Text    string     `json:"text"`
	Remedy  string     `json:"remedy"`
	First   time.Time  `json:"first"`
	Last    time.Time  `json:"last"`
	Count   int        `json:"count"`
}

func (c Conflict) String() string {
	return fmt.Sprintf("%s, VRID %d: %s [%s]", c.Family, c.VRID, c.Text, c.Code)
}

// again is after how long without it a conflict that comes back is told anew.
const again = time.Minute

// maxConflicts bounds what a flood of forged adverts can make a Judge remember.
const maxConflicts = 1024

// ledger is the conflicts so far.
type ledger struct {
	known map[string]*Conflict
	order []*Conflict
	fresh []Conflict // told by the Take that is running
}

// found notes a conflict. What tells it from another of its code is about.
func (l *ledger) found(at time.Time, c Conflict, about string) {
	key := fmt.Sprint(c.Code, "|", c.Family, "|", c.VRID, "|", c.Address, "|", about)
	k := l.known[key]
	if k == nil {
		if len(l.order) >= maxConflicts {
			return
		}
		c.First, c.Remedy = at, remedies[c.Code]
		k = &c
		l.known[key] = k
		l.order = append(l.order, k)
	}
	quiet := at.Sub(k.Last)
	k.Text, k.Last = c.Text, at
	k.Count++
	if k.Count == 1 || quiet >= again {
		l.fresh = append(l.fresh, *k)
	}
}
