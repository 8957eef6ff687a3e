package metrics

import (
	"net/netip"
)

// ours are the metrics that xvrrp promises; changing a name here breaks
// somebody's dashboard.
var ours = []row{
	{
		name: "xvrrp_instance_state", kind: gauge, extra: []string{"state"},
		help: "Whether the instance is in the state (1) or not (0).",
		read: func(i *Instance, put put) {
			now := State(i.state.Load())
			for _, s := range states {
				put(truth(s == now), s.String())
			}
		},
	},
	{
		name: "xvrrp_instance_priority", kind: gauge,
		help: "Effective priority, trackers included.",
		read: one(func(i *Instance) float64 { return float64(i.priority.Load()) }),
	},
	{
		name: "xvrrp_instance_configured_priority", kind: gauge,
		help: "Priority of the configuration file.",
		read: one(func(i *Instance) float64 { return float64(i.configured.Load()) }),
	},
	{
		name: "xvrrp_instance_last_transition_timestamp_seconds", kind: gauge,
		help: "When the instance last changed its state, seconds since 1970; 0 before the first time.",
		read: one(func(i *Instance) float64 { return float64(i.since.Load()) / 1e9 }),
	},
	{
		name: "xvrrp_transitions_total", kind: counter, extra: []string{"to", "reason"},
		help: "Changes of state, by the new state and the reason.",
		read: func(i *Instance, put put) {
			i.transitions.each(func(t transition, n uint64) { put(float64(n), t.to.String(), t.reason) })
		},
	},
	{
		name: "xvrrp_adverts_received_total", kind: counter,
		help: "Adverts that passed every check.",
		read: one(func(i *Instance) float64 { return float64(i.received.Load()) }),
	},
	{
		name: "xvrrp_adverts_sent_total", kind: counter,
		help: "Adverts sent, each counted once however many peers it went to.",
		read: one(func(i *Instance) float64 { return float64(i.sent.Load()) }),
	},
	{
		name: "xvrrp_priority_zero_received_total", kind: counter,
		help: "Adverts of priority 0 received: a master said goodbye.",
		read: one(func(i *Instance) float64 { return float64(i.zeroReceived.Load()) }),
	},
	{
		name: "xvrrp_priority_zero_sent_total", kind: counter,
		help: "Adverts of priority 0 sent: we said goodbye.",
		read: one(func(i *Instance) float64 { return float64(i.zeroSent.Load()) }),
	},
	{
		name: "xvrrp_late_wakeups_absorbed_total", kind: counter,
		help: "Timer expiries that the kernel's time proved wrong: false failovers avoided.",
		read: one(func(i *Instance) float64 { return float64(i.absorbed.Load()) }),
	},
	{
		name: "xvrrp_split_brain", kind: gauge,
		help: "Whether another node claims our addresses while we are master.",
		read: one(func(i *Instance) float64 { return truth(i.splitBrain.Load()) }),
	},
	{
		name: "xvrrp_vip_conflicts_total", kind: counter, labels: name, extra: []string{"address"},
		help: "Foreign claims of one of our addresses.",
		read: func(i *Instance, put put) {
			i.conflicts.each(func(a netip.Addr, n uint64) { put(float64(n), a.String()) })
		},
	},
	{
		name: "xvrrp_guard_holds_total", kind: counter,
		help: "Takeovers delayed because the address still answered.",
		read: one(func(i *Instance) float64 { return float64(i.guardHolds.Load()) }),
	},
	{
		name: "xvrrp_fence_active", kind: gauge,
		help: "Whether the kernel silences the instance's addresses if the daemon dies or freezes.",
		read: one(func(i *Instance) float64 { return truth(i.fence.Load()) }),
	},
	{
		name: "xvrrp_vip_held", kind: gauge, labels: name, extra: []string{"address"},
		help: "Whether the virtual address is on this node.",
		read: func(i *Instance, put put) {
			i.eachVIP(func(v vip) { put(truth(v.held), v.Addr.String()) })
		},
	},
	{
		name: "xvrrp_announcements_sent_total", kind: counter, labels: name, extra: []string{"kind"},
		help: "Gratuitous ARPs (garp) and unsolicited neighbour advertisements (na) sent.",
		read: func(i *Instance, put put) {
			for k := GratuitousARP; k <= NeighborAdvert; k++ {
				put(float64(i.announced[k].Load()), k.String())
			}
		},
	},
}
