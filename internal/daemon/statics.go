package daemon

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/engine"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// statics holds static addresses, routes and rules, those of a track_group under an owner of their own: while one of them
// does not stand and cannot be put back, the instances of the group are in FAULT.
type statics struct {
	d *Daemon

	mu     sync.Mutex // before the holders'
	owners []string
	groups []config.TrackGroup
	faults map[staticFault]bool // those raised
}

// staticFault is the fault of an instance, by its id, for a track_group.
type staticFault struct{ instance, group string }

// staticOwner is whom static addresses, routes and rules belong to. No
// instance can have an empty name, nor one with a blank as track groups' have.
const staticOwner = ""

func groupOwner(group string) string {
	if group == "" {
		return staticOwner
	}
	return "track_group " + group
}

// staticBelongings are static_ipaddress, static_routes and static_rules, by owner.
func staticBelongings(s *config.Settings) (map[string]*belongings, error) {
	of := map[string]*belongings{staticOwner: {}}
	to := func(group string) *belongings {
		owner := groupOwner(group)
		if of[owner] == nil {
			of[owner] = &belongings{}
		}
		return of[owner]
	}
	for _, a := range s.StaticAddresses {
		b := to(a.TrackGroup)
		b.addresses = append(b.addresses, wantedAddress(a))
	}
	var errs []error
	for _, r := range s.StaticRoutes {
		errs = append(errs, to(r.TrackGroup).add([]config.Route{r}, nil))
	}
	for _, r := range s.StaticRules {
		errs = append(errs, to(r.TrackGroup).add(nil, []config.Rule{r}))
	}
	return of, errors.Join(errs...)
}

// hold claims what the settings name, lets go of what others named, and judges the track groups. What cannot be held now
// is tried again.
func (s *statics) hold(next *config.Settings) error {
	of, err := staticBelongings(next)
	if err != nil {
		return err
	}
	owners := []string{staticOwner}
	for owner := range of {
		if owner != staticOwner {
			owners = append(owners, owner)
		}
	}
	slices.Sort(owners) // routes of a track group may need what belongs to none
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, owner := range owners {
		errs = append(errs, s.d.holders.claim(owner, *of[owner], nil))
	}
	for _, owner := range s.owners {
		if of[owner] == nil {
			errs = append(errs, s.d.holders.release(owner))
		}
	}
	s.owners, s.groups = owners, next.TrackGroups
	if err := errors.Join(errs...); err != nil {
		s.d.log.Error("cannot hold every static address, route or rule; trying again", "error", err)
	}
	s.judge()
	return nil
}

// release gives everything up, at a stop.
func (s *statics) release() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, owner := range slices.Backward(s.owners) {
		errs = append(errs, s.d.holders.release(owner))
	}
	s.owners, s.groups = nil, nil
	return errors.Join(errs...)
}

// changed: a holder found or mended something.
func (s *statics) changed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.judge()
}

// judge tells the instances of every track group whether all of it stands; s.mu is held.
func (s *statics) judge() {
	if len(s.groups) == 0 && len(s.faults) == 0 {
		return
	}
	now := map[staticFault]bool{}
	for _, g := range s.groups {
		if s.d.holders.lacking(groupOwner(g.Name)) == nil {
			continue
		}
		for _, name := range g.Members {
			if in := s.d.instance(name); in != nil {
				now[staticFault{in.id, g.Name}] = true
			}
		}
	}
	for f := range s.faults {
		if !now[f] {
			s.d.engine.Do(engine.Tell{Router: f.instance, Event: faulty(f.cause(), false)})
		}
	}
	for f := range now {
		if !s.faults[f] {
			s.d.engine.Do(engine.Tell{Router: f.instance, Event: faulty(f.cause(), true)})
		}
	}
	s.faults = now
}

func (f staticFault) cause() vrrp.Cause { return vrrp.Cause{Kind: vrrp.CauseStatic, Name: f.group} }

// lacking says what of an owner's does not stand, nil when all does. What somebody just took away and is about to be put back
// counts as standing: a fault would cost more than those milliseconds.
func (h *holders) lacking(owner string) error {
	var errs []error
	for _, a := range h.addresses.Held(owner) {
		if !a.Held && !a.Mending {
			errs = append(errs, fmt.Errorf("%s: %w", a.Address, a.Err))
		}
	}
	errs = append(errs, h.routes.Lacking(owner)...)
	errs = append(errs, h.rules.Lacking(owner)...)
	return errors.Join(errs...)
}
