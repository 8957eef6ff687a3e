package address

import (
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Routes holds virtual routes as a Holder holds addresses: claimed routes are there and are put back, also when somebody puts
// another in their place, a route of the same destination, table, TOS and metric that stood before is left alone, and a
// killed predecessor's are adopted or removed.
type Routes struct{ *keeper[*routeThing] }

// Rules holds virtual rules in the same way.
type Rules struct{ *keeper[*ruleThing] }

// routeThing and ruleThing are what the keeper handles.
type (
	routeThing struct{ Route }
	ruleThing  struct{ Rule }
)

func (r *routeThing) tracked() bool { return !r.NoTrack }
func (r *ruleThing) tracked() bool  { return !r.NoTrack }

// before: as the kernel goes by the first of two routes, which is the one that came last.
func (r *routeThing) before() bool { return !r.is6() && r.Place == PlaceFirst }

func (r *routeThing) gate() netip.Addr {
	if len(r.NextHops) > 0 {
		return r.NextHops[0].Via
	}
	return r.Via
}

func (r *ruleThing) gate() netip.Addr { return netip.Addr{} }

// before: two rules of one id are the same.
func (r *ruleThing) before() bool { return false }

func (r *ruleThing) line() string { return r.id() }

func (r *routeThing) request(index func(string) (int, error)) ([]byte, error) {
	return r.appendBody(nil, index)
}

func (r *ruleThing) flags() uint16 { return unix.NLM_F_CREATE | unix.NLM_F_EXCL }

func (r *ruleThing) request(func(string) (int, error)) ([]byte, error) { return r.body(), nil }

// routeQuestion asks for the routes of a family, and where the kernel understands it for those of our protocol alone.
func routeQuestion(family byte) []byte { return protocolQuestion(family, tag) }

func protocolQuestion(family, protocol byte) []byte {
	return []byte{family, 0, 0, 0, 0, protocol, 0, 0, 0, 0, 0, 0}
}

// otherQuestion asks for the routes of the protocol of a route that has another one than ours, which it may have if it is not
// tracked. It is asked for only to find what a killed predecessor left.
func otherQuestion(id string) []byte {
	dst, rest, _ := strings.Cut(id, " ")
	_, text, _ := strings.Cut(rest, " proto ")
	protocol, err := strconv.ParseUint(text, 10, 8)
	if err != nil || protocol == tag {
		return nil
	}
	family := byte(unix.AF_INET)
	if strings.Contains(dst, ":") {
		family = unix.AF_INET6
	}
	return protocolQuestion(family, byte(protocol))
}

// ruleQuestion asks for the rules of a family.
func ruleQuestion(family byte) []byte { return []byte{family, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0} }

// OpenRoutes makes a holder of routes in the network namespace of the calling thread.
func OpenRoutes(cfg Config) (*Routes, error) {
	k, err := openKeeper[*routeThing](kind{
		what: "route", add: unix.RTM_NEWROUTE, del: unix.RTM_DELROUTE, get: unix.RTM_GETROUTE,
		groups:    1<<(unix.RTNLGRP_IPV4_ROUTE-1) | 1<<(unix.RTNLGRP_IPV6_ROUTE-1),
		id:        routeFact,
		base:      routeBase,
		also:      otherQuestion,
		undo:      routeDelete,
		paths:     routePaths,
		questions: [][]byte{routeQuestion(unix.AF_INET), routeQuestion(unix.AF_INET6)},
	}, cfg)
	if err != nil {
		return nil, err
	}
	return &Routes{k}, nil
}

// Claim makes the routes the owner's wanted ones, see Holder.Claim.
func (r *Routes) Claim(owner string, routes []Route) error {
	things := make([]*routeThing, 0, len(routes))
	for _, x := range routes {
		things = append(things, &routeThing{x})
	}
	return r.keeper.Claim(owner, things)
}

// OpenRules makes a holder of rules in the network namespace of the calling thread.
func OpenRules(cfg Config) (*Rules, error) {
	k, err := openKeeper[*ruleThing](kind{
		what: "rule", add: unix.RTM_NEWRULE, del: unix.RTM_DELRULE, get: unix.RTM_GETRULE,
		groups:    1<<(unix.RTNLGRP_IPV4_RULE-1) | 1<<(unix.RTNLGRP_IPV6_RULE-1),
		id:        ruleFact,
		undo:      ruleDelete,
		questions: [][]byte{ruleQuestion(unix.AF_INET), ruleQuestion(unix.AF_INET6)},
	}, cfg)
	if err != nil {
		return nil, err
	}
	return &Rules{k}, nil
}

// Claim makes the rules the owner's wanted ones, see Holder.Claim.
func (r *Rules) Claim(owner string, rules []Rule) error {
	things := make([]*ruleThing, 0, len(rules))
	for _, x := range rules {
		things = append(things, &ruleThing{x})
	}
	return r.keeper.Claim(owner, things)
}
