package daemon

import (
	"errors"
	"sync"

	"golang.org/x/sys/unix"
)

// promotion serves promote_secondaries: the setting of that name is on for an interface while an instance on it asks for it,
// so that nobody who deletes a primary address there takes a secondary one with it. Where it was off before, it is again when
// the last such instance is gone or the daemon stops. Our own deletions need none of this: package address sees to them.
type promotion struct {
	d *Daemon

	mu     sync.Mutex           // after nics.mu, before the holder's
	users  map[*instance]string // interfaces, by the instance that asks; empty where it does not
	there  map[string]bool      // interfaces that are
	raised map[string]bool      // interfaces where we have seen to it; true: it was off
}

func newPromotion(d *Daemon) *promotion {
	return &promotion{d: d, users: map[*instance]string{}, there: map[string]bool{}, raised: map[string]bool{}}
}

// use takes in an instance, again its new settings, leave lets it go.
func (p *promotion) use(in *instance) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.take(in)
}

func (p *promotion) again(in *instance) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known := p.users[in]; known {
		p.take(in)
	}
}

func (p *promotion) take(in *instance) {
	cfg := in.cfg()
	if p.users[in] = ""; cfg.PromoteSecondaries {
		p.users[in] = cfg.Interface
		if _, done := p.raised[cfg.Interface]; !done && p.there[cfg.Interface] {
			p.raise(cfg.Interface)
		}
	}
	p.tidy()
}

func (p *promotion) leave(in *instance) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.users, in)
	p.tidy()
}

// came: an interface of that name is there that was not before; gone ends that, and the setting has gone with it.
func (p *promotion) came(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.there[name] = true
	if p.used(name) {
		p.raise(name)
	}
}

func (p *promotion) gone(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.there, name)
	delete(p.raised, name)
}

func (p *promotion) used(name string) bool {
	for _, n := range p.users {
		if n == name {
			return true
		}
	}
	return false
}

func (p *promotion) raise(name string) {
	changed, err := p.d.holders.addresses.PromoteSecondaries(name, true)
	switch {
	case err == nil:
		p.raised[name] = changed
	case !errors.Is(err, unix.ENODEV): // gone meanwhile
		p.d.log.Error("promote_secondaries is not on: whoever deletes a primary address on "+name+" deletes its secondary ones", "error", err)
	}
}

// tidy puts back what nobody asks for any more.
func (p *promotion) tidy() {
	for name := range p.raised {
		if !p.used(name) {
			if err := p.lower(name); err != nil {
				p.d.log.Error("promote_secondaries stays on", "interface", name, "error", err)
			}
		}
	}
}

func (p *promotion) lower(name string) error {
	was := p.raised[name]
	delete(p.raised, name)
	if !was {
		return nil
	}
	_, err := p.d.holders.addresses.PromoteSecondaries(name, false)
	if errors.Is(err, unix.ENODEV) {
		return nil // it took the setting with it
	}
	return err
}

// close puts everything back.
func (p *promotion) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for name := range p.raised {
		errs = append(errs, p.lower(name))
	}
	return errors.Join(errs...)
}
