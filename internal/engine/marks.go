package engine

import "github.com/xvrrp/xvrrp/pkg/vrrp/wire"

// Marks asks every router for its sequences. After Freeze they do not move any
// more. The loop must be running.
func (e *Engine) Marks() map[string]wire.Marks {
	all := map[string]wire.Marks{}
	// An Ask has no error.
	_ = e.Settle(Ask{Do: func(View) {
		for name, m := range e.members {
			all[name] = wire.MarksOf(m.signer, m.rules)
		}
	}})
	return all
}
