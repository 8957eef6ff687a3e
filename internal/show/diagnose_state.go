package show

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/xvrrp/xvrrp/internal/control"
)

// alone: master because nobody was heard, and nothing says why (field cases
// 2.2 and 4: a network that carries no multicast).
func alone(c Case) []Remark {
	last := c.last()
	if c.State != control.Master || last == nil || last.Reason != "no_advert" || c.anythingRefused() {
		return nil
	}
	ask := fmt.Sprintf("`xvrrp who %s -i %s` shows whether another MAC answers too. If so, ", c.firstAddress(), c.Interface)
	if c.Unicast {
		ask += "the network or the peer's side does not let IP protocol 112 pass: admit it in the security group, and check unicast_peer and unicast_src_ip on both nodes"
	} else {
		ask += fmt.Sprintf("the network does not carry multicast %s (clouds, snooping switches) or not IP protocol 112: use unicast_src_ip and unicast_peer on all nodes", c.group())
	}
	if !c.heard() {
		return []Remark{{
			Code: "never_heard", What: "no advert of another node has reached this host since the start",
			Why: "alone on purpose, or both nodes are master now", Remedy: ask,
		}}
	}
	return []Remark{{
		Code: "silence", What: "the other node fell silent, and nothing of it was refused here",
		Why: "it died, or the network stopped carrying its adverts; in that case both nodes are master now", Remedy: ask,
	}}
}

func (c Case) anythingRefused() bool {
	for _, n := range c.Counters.Rejected {
		if n > 0 {
			return true
		}
	}
	for _, k := range c.Kernel {
		if k.Packets > 0 && !foreign[k.Verdict] && k.Verdict != "accepted" && k.Verdict != "consumed" && k.Verdict != "inquiry" {
			return true
		}
	}
	return false
}

// checks: a failed check that moves nothing (field case 2.4).
func checks(c Case) []Remark {
	var list []Remark
	for _, t := range c.Watched {
		if !t.Known || t.Up {
			continue
		}
		r := Remark{Code: "tracker_down", Problem: true, What: fmt.Sprintf("%s %s is down", t.Kind, t.Name)}
		if t.Text != "" {
			r.What += ": " + t.Text
		}
		if slices.Contains(c.Faults, t.Kind+" "+t.Name) {
			continue // told as the fault that it is
		}
		r.Why, r.Remedy = fmt.Sprintf("%sour priority is %d, %d being configured", c.weighing(t), c.Priority, c.ConfiguredPriority), "repair what it checks"
		if c.State == control.Master {
			r.Why += ", and the addresses move only when another node's priority is higher than that"
			r.Remedy += ". If the addresses should have moved, " + rule(t.Weight, c.Preempt) + "; `xvrrp check -f FILE --peer OTHER` works it out"
		}
		list = append(list, r)
	}
	return list
}

// weighing names the tracker's weight, where that is known.
func (c Case) weighing(t control.TrackerStatus) string {
	if t.Weight == 0 {
		return ""
	}
	return fmt.Sprintf("with weight %+d ", t.Weight)
}

// rule is the arithmetic of weights.
func rule(weight int, preempt bool) string {
	const above, below = "master priority < backup priority + weight", "master priority - |weight| < backup priority"
	text := "the weight is too small: failover needs " + above
	switch {
	case weight < 0:
		text = "the weight is too small: failover needs " + below
	case weight == 0: // not known
		text += " (or, with a negative weight, " + below + ")"
	}
	if !preempt {
		text += ", and no nopreempt on the backup"
	}
	return text
}

// standing: why a backup stays backup although one would expect otherwise.
func standing(c Case) []Remark {
	m := c.Master
	if c.State != control.Backup || m == nil || m.Self {
		return nil
	}
	last := c.last()
	switch {
	case m.Priority < c.Priority && last != nil && (last.Reason == "unheard" || last.Reason == "answered"):
		return []Remark{{
			Code: "stands_back", Problem: true, What: fmt.Sprintf("our priority %d is higher than that of the master %s (%d), and we stand back: it does not hear us", c.Priority, m.Address, m.Priority),
			Why:    "split_brain_guard hold: one master of the lower priority is better than two; guard_hold_limit says for how long",
			Remedy: fmt.Sprintf("`xvrrp explain` on %s says what it refuses; if nothing, look for a firewall or a switch between the two, and at unicast_peer there", m.Address),
		}}
	case m.Priority == c.Priority:
		return []Remark{{
			Code: "equal_priority", What: fmt.Sprintf("the master %s has our priority %d", m.Address, c.Priority),
			Why: "then the higher address decides, which nobody chose", Remedy: "set the priorities apart on purpose",
		}}
	case m.Priority < c.Priority && !c.Preempt:
		return []Remark{{
			Code: "nopreempt", What: fmt.Sprintf("our priority %d is higher than that of the master %s (%d), and nopreempt keeps us back", c.Priority, m.Address, m.Priority),
			Why: "as configured", Remedy: "`xvrrp drill` on the master hands over; or remove nopreempt here",
		}}
	case m.Priority < c.Priority:
		return []Remark{{
			Code: "preempting", What: fmt.Sprintf("our priority %d is higher than that of the master %s (%d): we take over in a moment", c.Priority, m.Address, m.Priority),
			Why: "preempt_delay, or one down interval, has to pass first", Remedy: "wait",
		}}
	}
	return nil
}

// timing: this host is late.
func timing(c Case) []Remark {
	var list []Remark
	late := "the process was starved of CPU, or frozen"
	remedy := "look for CPU throttling with `xvrrp doctor`, leave realtime on, and see `xvrrp advise`"
	if last := c.last(); last != nil && last.Evidence != nil {
		e := last.Evidence
		if e.Limit > 0 && e.Lateness > e.Limit/10 {
			list = append(list, Remark{
				Code: "late", Problem: true, Why: late, Remedy: remedy,
				What: fmt.Sprintf("the last deadline was handled %s late, of a limit of %s", seconds(e.Lateness), seconds(e.Limit)),
			})
		}
		if last.Reason == "stalled" {
			list = append(list, Remark{
				Code: "stalled", Problem: true, What: "our adverts were so late that a peer had to take over", Why: late, Remedy: remedy,
			})
		}
	}
	if n := c.Counters.WakesAbsorbed; n > 0 {
		list = append(list, Remark{
			Code: "late_wakeups", What: fmt.Sprintf("%s of a false failover avoided: the timer had expired, and by the kernel's clock an advert had arrived in time", count(n, "case", "cases")),
			Why: late, Remedy: remedy,
		})
	}
	return list
}

// flapping: too many takeovers in a short time.
func flapping(c Case) []Remark {
	const window, many = 10 * time.Minute, 4
	n := 0
	for _, e := range c.Events {
		if e.Kind == control.KindTransition && e.To == control.Master && c.Now.Sub(e.Time) < window {
			n++
		}
	}
	if n < many {
		return nil
	}
	return []Remark{{
		Code: "flapping", Problem: true, What: fmt.Sprintf("master %d times in the last %s", n, length(window)),
		Why: "each takeover breaks connections", Remedy: "the evidence of the transitions below says what goes back and forth; a longer advert_int, preempt_delay or nopreempt calms it",
	}}
}

// inKernel: how adverts come in, and what a firewall would do to them.
func inKernel(c Case) []Remark {
	var list []Remark
	if d := c.Dataplane; d.Reason != "" {
		list = append(list, Remark{
			Code: "dataplane", What: fmt.Sprintf("adverts come in by %s", d.Mode), Why: d.Reason,
			Remedy: "none needed for correctness; `xvrrp doctor` says what this host lacks for a better one",
		})
	}
	if len(c.Firewall) > 0 {
		list = append(list, Remark{
			Code: "firewall", What: "this host's firewall stops protocol 112: " + strings.Join(c.Firewall, "; "),
			Why:    "irrelevant here: xvrrp receives before the firewall and sends past it. A keepalived on this host would be blind",
			Remedy: "none needed; never flush the rules for it",
		})
	}
	return list
}

func reloading(c Case) []Remark {
	if c.Reload.OK || c.Reload.At.IsZero() {
		return nil
	}
	return []Remark{{
		Code: "reload_failed", Problem: true, What: "the last reload failed and changed nothing: " + c.Reload.Error,
		Why: "the daemon runs with the settings before it", Remedy: "correct the file, `xvrrp check` it, and reload",
	}}
}
