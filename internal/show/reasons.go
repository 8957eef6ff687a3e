package show

import "github.com/xvrrp/xvrrp/internal/control"

// meaning is what a transition's reason stands for, in a sentence, and what a
// person does about it.
type meaning struct{ story, remedy string }

// meanings explains each vrrp.Reason under its label.
var meanings = map[string]meaning{
	"owner": {"Priority 255 says that the addresses are this node's own: it is master from its start, and takes them back whenever it returns.",
		"none; a priority below 255 lets nopreempt and preempt_delay count"},
	"no_advert": {"", ""}, // the evidence tells it, and Diagnose the remedy for what was seen
	"hold_limit": {"The guard waited for what stood against a takeover and took over when its time was up: it is still so.",
		"`xvrrp who` on a third host; two MACs are two masters. guard_hold_limit says how long it waits"},
	"priority_zero": {"It left on purpose: stopped, released, drained, or in FAULT. No advert was lost.",
		"none here; `xvrrp explain` and the log of that node say why it left"},
	"preempt": {"A higher priority takes the addresses back, as configured.",
		"none; if the second interruption hurts, nopreempt or preempt_delay on this node"},
	"startup": {"", ""}, // what is now follows
	"higher_priority": {"It announced a higher priority than ours while we were master, and we gave way at once.",
		"none if that node is meant to be master; else compare the files with `xvrrp check -f FILE --peer OTHER`, and look at the trackers of `xvrrp status`"},
	"higher_address": {"Both nodes have one priority, so the higher address decides, which nobody chose.",
		"set the priorities apart on purpose"},
	"hand_over": {"An operator asked for it on this node, with `xvrrp release` or `xvrrp drill`.",
		"none; `xvrrp release --resume INSTANCE` ends a drain"},
	"stalled": {"Our own adverts were so late that a peer must have taken over already: we gave way rather than be a second master.", ""}, // Diagnose has the remedy
	"unheard": {"Its adverts reach us, and ours do not reach it. With split_brain_guard hold we gave way rather than stay a second master.",
		"look on that node for a firewall, a wrong unicast_peer or another auth_pass; `xvrrp explain` there says what it refuses"},
	"answered": {"That router did not hear our takeover. With split_brain_guard hold we gave the addresses back to it rather than stay a second master.",
		"find out why adverts do not cross between the two (`xvrrp watch` on both): multicast, a firewall between, unicast_peer"},
	"sync_group": {"The instances of a sync group go together: another one left the master state, and took this one with it.",
		"`xvrrp status` names the members; `xvrrp explain` the one that is in FAULT or has lost its election"},
	"fault":         {"", ""}, // Diagnose has each fault and its remedy
	"fault_cleared": {"What had stood in the way is gone, so the instance takes part again.", "none; `xvrrp events` tells how often it came and how long it stayed"},
	"shutdown":      {"The daemon stops. A master says goodbye first, so a backup takes over after its skew time.", "start it again when the node is to take part"},
	"resumed":       {"A restart or an update that kept the state: the addresses stayed where they were.", ""},
}

// meant is the story of a transition; an event with a remedy of its own keeps it.
func meant(e control.Event) (say []string) {
	m := meanings[e.Reason]
	if m.story != "" {
		say = append(say, m.story)
	}
	if m.remedy != "" && (e.Evidence == nil || e.Evidence.Remedy == "") {
		say = append(say, "Remedy: "+m.remedy+".")
	}
	return say
}
