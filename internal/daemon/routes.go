package daemon

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/xvrrp/xvrrp/internal/address"
	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/ifstate"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// holders keep what instances hold in the kernel while they are master, in
// the order of claiming: a route may need an address, a rule a route's table.
type holders struct {
	addresses *address.Holder
	routes    *address.Routes
	rules     *address.Rules
}

// belongings are what one owner holds.
type belongings struct {
	addresses []address.Address
	routes    []address.Route
	rules     []address.Rule
}

// openHolders opens them with a journal each in the runtime directory.
func (d *Daemon) openHolders(undo *cleanup) error {
	journal := func(name string) address.Config {
		return address.Config{Journal: filepath.Join(d.opt.RuntimeDir, name), Notify: d.addressNote}
	}
	var err error
	addresses := journal("addresses")
	addresses.Added = d.lookAgain
	if d.holders.addresses, err = address.Open(addresses); err != nil {
		return err
	}
	undo.add("addresses", d.holders.addresses.Close)
	if d.holders.routes, err = address.OpenRoutes(journal("routes")); err != nil {
		return err
	}
	undo.add("routes", d.holders.routes.Close)
	if d.holders.rules, err = address.OpenRules(journal("rules")); err != nil {
		return err
	}
	undo.add("rules", d.holders.rules.Close)
	return nil
}

// claim holds an owner's belongings. The error joins what cannot be held yet. told, if any, hears of addresses as they come:
// see address.ClaimStepwise.
func (h *holders) claim(owner string, b belongings, told func(n int)) error {
	_, err := h.addresses.ClaimStepwise(owner, b.addresses, told)
	// Those of none, too: a reload may have left an owner without any.
	return errors.Join(err, h.routes.Claim(owner, b.routes), h.rules.Claim(owner, b.rules))
}

// release gives an owner's belongings up, in reverse.
func (h *holders) release(owner string) error {
	return errors.Join(h.rules.Release(owner), h.routes.Release(owner), h.addresses.Release(owner))
}

// removeInherited removes what a killed predecessor left and nobody claims:
// what our own journals name, and addresses of the list with keepalived's tag,
// which a keepalived that was killed before us put there.
func (h *holders) removeInherited(virtual []address.Address) (adopted int, err error) {
	adopted, err = h.addresses.Adopt(virtual)
	return adopted, errors.Join(err, h.rules.RemoveInherited(), h.routes.RemoveInherited(), h.addresses.RemoveInherited())
}

// belongingsOf are all that an instance holds while master.
func belongingsOf(cfg *config.Instance) (belongings, error) {
	var b belongings
	for _, list := range [][]config.Address{cfg.Addresses, cfg.Excluded} {
		for _, a := range list {
			b.addresses = append(b.addresses, wantedAddress(a))
		}
	}
	return b, b.add(cfg.Routes, cfg.Rules)
}

func (b *belongings) add(routes []config.Route, rules []config.Rule) error {
	var errs []error
	for _, r := range routes {
		route, err := wantedRoute(r)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: route to %v: %w", r.Pos, r.Dst, err))
			continue
		}
		b.routes = append(b.routes, route)
	}
	for _, r := range rules {
		rule, err := wantedRule(r)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: rule: %w", r.Pos, err))
			continue
		}
		b.rules = append(b.rules, rule)
	}
	return errors.Join(errs...)
}

// holdable finds the routes and rules whose words this host does not understand, such as a table that iproute2's files do not
// name.
func holdable(s *config.Settings) (list []config.Finding) {
	find := func(pos config.Pos, what string, err error) {
		if err != nil {
			list = append(list, config.Finding{
				Severity: config.Error, Code: "bad-word", Pos: pos, Text: what + " cannot be held: " + err.Error(),
				Remedy: "correct the word, or write a number for a name; the words are those of `ip " + what + "`",
			})
		}
	}
	look := func(routes []config.Route, rules []config.Rule) {
		for _, r := range routes {
			_, err := wantedRoute(r)
			find(r.Pos, "route", err)
		}
		for _, r := range rules {
			_, err := wantedRule(r)
			find(r.Pos, "rule", err)
		}
	}
	look(s.StaticRoutes, s.StaticRules)
	for i := range s.Instances {
		look(s.Instances[i].Routes, s.Instances[i].Rules)
	}
	return list
}

func wantedRoute(r config.Route) (address.Route, error) {
	out := address.Route{
		Dst: r.Dst, Source: r.Source, From: r.From, Via: r.Via, Interface: r.Interface, Metric: r.Metric, OnLink: r.OnLink,
		NoTrack: r.NoTrack, Encap: wantedEncap(r.Encap),
	}
	for _, n := range r.NextHops {
		out.NextHops = append(out.NextHops, address.NextHop{Via: n.Via, Interface: n.Interface, Weight: n.Weight, OnLink: n.OnLink, Encap: wantedEncap(n.Encap)})
	}
	var err error
	if out.Type, err = address.Type(r.Type); err != nil {
		return out, err
	}
	if out.Table, err = address.Table(r.Table); err != nil {
		return out, err
	}
	if out.Protocol, err = address.Protocol(r.Protocol); err != nil {
		return out, err
	}
	if r.Scope != "" {
		scope, err := address.Scope(r.Scope)
		if err != nil {
			return out, err
		}
		out.Scope = &scope
	}
	if r.MTU > 0 {
		values := []string{fmt.Sprint(r.MTU)}
		if r.MTULock {
			values = append([]string{"lock"}, values...)
		}
		if err := out.Option("mtu", values); err != nil {
			return out, err
		}
	}
	for _, o := range r.Options {
		if err := out.Option(o.Name, o.Values); err != nil {
			return out, err
		}
	}
	return out, nil
}

// wantedEncap is in the kernel's terms what a file says of a tunnel.
func wantedEncap(e *config.Encap) *address.Encap {
	if e == nil {
		return nil
	}
	out := &address.Encap{
		Kind: map[string]address.EncapKind{"ip": address.EncapIP, "ip6": address.EncapIP6, "seg6": address.EncapSeg6}[e.Type],
		ID:   e.ID, Dst: e.Dst, Src: e.Src, TOS: e.TOS, TTL: e.TTL, Segments: e.Segments, HMAC: e.HMAC,
		Mode: map[string]address.Seg6Mode{"encap": address.Seg6Encap, "l2encap": address.Seg6L2Encap}[e.Mode], // else inline
	}
	// keepalived's number is as it stands in memory.
	out.Flags = binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, e.Flags))
	for _, f := range []struct {
		set  bool
		flag uint16
	}{{e.Key, address.EncapKey}, {e.Checksum, address.EncapChecksum}, {e.Sequence, address.EncapSequence}} {
		if f.set {
			out.Flags |= f.flag
		}
	}
	return out
}

func wantedRule(r config.Rule) (address.Rule, error) {
	out := address.Rule{
		IPv6: r.Family == uint8(wire.IPv6), Not: r.Not, From: r.From, To: r.To, IIF: r.IIF, OIF: r.OIF,
		Preference: r.Preference, HasMark: r.HasFwMark, Mark: r.FwMark, Mask: r.FwMask, NoTrack: r.NoTrack,
	}
	var err error
	if out.Table, err = address.Table(r.Table); err != nil {
		return out, err
	}
	if out.Action, err = address.Action(r.Action); err != nil {
		return out, err
	}
	for _, o := range r.Options {
		if err := out.Option(o.Name, o.Values); err != nil {
			return out, err
		}
	}
	return out, nil
}

// lookAgain has the interface watcher see what the holder has added, of which it
// hears nothing: see ifstate.Watcher.Ignore.
func (d *Daemon) lookAgain() {
	if w := d.links.Load(); w != nil {
		w.Look()
	}
}

// deafen lets the interface watcher not hear of each address that the holder adds.
func (d *Daemon) deafen(links *ifstate.Watcher) error {
	port, err := d.holders.addresses.Port()
	if err == nil {
		err = links.Ignore(port)
	}
	d.links.Store(links)
	return err
}
