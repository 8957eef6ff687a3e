package show

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/xvrrp/xvrrp/internal/control"
)

// around is how many earlier events Explain tells.
const around = 12

// Explain is `xvrrp explain`: why an instance is in its state.
func (p Paper) Explain(c Case) string {
	var b strings.Builder
	b.WriteString(p.headline(c))
	last := c.last()
	if last != nil {
		for _, s := range append(p.evidence(*last, c), meant(*last)...) {
			b.WriteString(wrap("  ", s))
		}
	}
	for _, s := range p.now(c) {
		b.WriteString(wrap("  ", s))
	}
	if remarks := Diagnose(c); len(remarks) > 0 {
		b.WriteString("\n" + p.paint(bold, "What to know") + "\n" + p.remarks(remarks))
	}
	p.before(&b, c, last)
	return b.String()
}

// headline names the instance, its state, since when, and why.
func (p Paper) headline(c Case) string {
	reason := c.Reason
	if last := c.last(); last != nil && last.Text != "" && last.Reason == c.Reason {
		reason = last.Text
	}
	if reason == "fault" && len(c.Faults) > 0 {
		reason = fault(c.Faults[0]).What
	}
	head := fmt.Sprintf("%s: %s", clean(c.Name), c.State)
	rest := ""
	if !c.Since.IsZero() {
		rest = " since " + p.since(c.Since, c.Now)
	}
	if reason != "" && reason != "none" {
		rest += ": " + clean(reason)
	}
	text := wrap("", head+rest)
	text = strings.Replace(text, head, p.paint(bold, clean(c.Name)+": ")+p.paint(inkOf(c.State), string(c.State)), 1)
	priority := fmt.Sprintf("priority %d", c.Priority)
	if c.Priority != c.ConfiguredPriority {
		priority += fmt.Sprintf(" (configured %d)", c.ConfiguredPriority)
	}
	below := ""
	if c.Temporary != nil {
		below = wrap("  ", "Temporary priority "+p.temporary(*c.Temporary, c.Now)+".")
	}
	how := "multicast"
	if c.Unicast {
		how = "unicast to " + strings.Join(c.Peers, ", ")
	}
	line := fmt.Sprintf("%s, VRID %d, %s, VRRPv%d, %s, every %s by %s, adverts come in by %s", c.Interface, c.VRID,
		familyName(c.Family), c.Version, priority, seconds(c.AdvertInterval), how, c.InstanceStatus.Dataplane)
	return text + wrap("  ", clean(line)+".") + below
}

func familyName(f string) string { return strings.Replace(f, "ipv", "IPv", 1) }

// evidence are the facts behind a transition, one sentence each.
func (p Paper) evidence(e control.Event, c Case) []string {
	ev := e.Evidence
	if ev == nil {
		return nil
	}
	var say []string
	switch {
	case ev.Master != "" && silence(e.Reason):
		say = append(say, fmt.Sprintf("Last advert from %s (%spriority %d) was %s old at the deadline (limit %s).",
			clean(ev.Master), mac(ev.MasterMAC), ev.MasterPriority, exact(ev.LastAdvertAge), exact(ev.Limit)))
	case silence(e.Reason):
		say = append(say, fmt.Sprintf("No advert was accepted before the deadline (limit %s).", exact(ev.Limit)))
	case ev.Master != "" && decided(e.Reason):
		say = append(say, fmt.Sprintf("The advert that decided came from %s (%spriority %d); ours was %d.", clean(ev.Master), mac(ev.MasterMAC), ev.MasterPriority, ev.Priority))
	}
	if ev.Lateness > 0 && ev.Deadline != nil {
		say = append(say, fmt.Sprintf("The deadline was handled %s late.", seconds(ev.Lateness)))
	}
	if ev.Held > 0 {
		say = append(say, fmt.Sprintf("The takeover was put off for %s (%s).", seconds(ev.Held), heldFor(ev.HeldFor)))
	}
	if ev.MAC != "" && silence(e.Reason) {
		say = append(say, fmt.Sprintf("At the deadline %s still answered from %s.", clean(ev.Address), clean(ev.MAC)))
	}
	if ev.MAC != "" && e.Reason == "answered" {
		say = append(say, fmt.Sprintf("Asked for %s, %s answered.", clean(ev.Address), clean(ev.MAC)))
	}
	say = append(say, refusedMeanwhile(e, c)...)
	if len(ev.Faults) > 0 {
		say = append(say, "The cause was: "+clean(strings.Join(ev.Faults, ", "))+".")
	}
	if t := p.takeover(e, c); t != "" {
		say = append(say, t)
	}
	if ev.Remedy != "" {
		say = append(say, "Remedy: "+clean(ev.Remedy))
	}
	return say
}

// heldFor says in words what stood against a takeover.
func heldFor(obstacle string) string {
	switch obstacle {
	case "still_answers":
		return "the addresses still answered"
	case "deaf":
		return "not one frame came in"
	case "witness_silent":
		return "the witness did not answer"
	}
	return clean(obstacle)
}

// decided reports whether an advert made a transition, rather than being the last
// one before it.
func decided(reason string) bool {
	switch reason {
	case "priority_zero", "preempt", "higher_priority", "higher_address", "unheard":
		return true
	}
	return false
}

// silence reports whether a reason is that nothing was heard.
func silence(reason string) bool { return reason == "no_advert" || reason == "hold_limit" }

// refusedMeanwhile is what came and was refused before a transition, by the
// kernel for everybody and here for this virtual router.
func refusedMeanwhile(e control.Event, c Case) (say []string) {
	ev, since := e.Evidence, "Until then"
	if ev.Master != "" && silence(e.Reason) {
		since = "Since then"
	}
	if ev.KernelSince != nil {
		what, why := "nothing", ""
		if sum, reasons := tally(ev.Kernel); sum > 0 {
			what, why = count(sum, "packet", "packets"), " ("+reasons+")"
		} else if len(ev.Rejected) == 0 {
			why = ": no advert reached this host"
		}
		say = append(say, fmt.Sprintf("%s the kernel refused %s of protocol 112 on %s%s.", since, what, clean(c.Interface), why))
	}
	if len(ev.Rejected) > 0 {
		sum, reasons := tally(ev.Rejected)
		text := fmt.Sprintf("%s %s of VRID %d had been refused (%s)", since, count(sum, "advert", "adverts"), c.VRID, reasons)
		if ev.TTL > 0 {
			text += fmt.Sprintf(", the last with TTL %d", ev.TTL)
		}
		say = append(say, text+".")
	}
	return say
}

// total is "31 packets (ttl 30, checksum 1)".
func total(counts map[string]uint64, one, many string) string {
	sum, parts := tally(counts)
	return count(sum, one, many) + " (" + parts + ")"
}

// tally is a sum and what it is made of: "ttl 30, checksum 1".
func tally(counts map[string]uint64) (sum uint64, parts string) {
	var list []string
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		sum += counts[k]
		list = append(list, fmt.Sprintf("%s %d", clean(k), counts[k]))
	}
	return sum, strings.Join(list, ", ")
}

// takeover tells how long a takeover took, when that is known. Its end may be
// written into the history before the transition, whose evidence takes longer
// to gather: the moments tell which belongs to which.
func (p Paper) takeover(e control.Event, c Case) string {
	var done *control.Event
	for i, o := range c.Events {
		if o.Kind == control.KindTakeoverDone && o.Evidence != nil && o.Evidence.Takeover > 0 && !o.Time.Before(e.Time) && (done == nil || o.Time.Before(done.Time)) {
			done = &c.Events[i]
		}
	}
	if done == nil {
		return ""
	}
	return fmt.Sprintf("The addresses were held and announced %s after the deadline.", seconds(done.Evidence.Takeover))
}

// now is what is known at this moment.
func (p Paper) now(c Case) []string {
	var say []string
	if m := c.Master; m != nil && !m.Self && !c.aside() {
		say = append(say, fmt.Sprintf("The master is %s (%spriority %d); its last advert is %s old by the kernel's clock (limit %s, every %s).",
			clean(m.Address), mac(m.MAC), m.Priority, seconds(m.LastAdvertAge), seconds(c.MasterDownInterval), seconds(m.AdvertInterval)))
	}
	if c.aside() {
		say = append(say, fmt.Sprintf("It takes no part and follows nobody: `xvrrp who %s -i %s` shows who has the address.", c.firstAddress(), clean(c.Interface)))
	}
	if c.MainPathLost {
		say = append(say, fmt.Sprintf("No advert comes in on %s any more; a second path says that the master lives.", clean(c.Interface)))
	}
	for _, s := range c.Paths {
		say = append(say, "Second path "+pathText(s)+".")
	}
	if c.Deadline != nil && c.State == control.Backup {
		say = append(say, fmt.Sprintf("If nothing comes, we act in %s.", length(max(c.Deadline.Sub(c.Now), 0))))
	}
	n := c.Counters
	say = append(say, fmt.Sprintf("Adverts since the start: %d accepted, %d sent; master %s.", n.Received, n.Sent, count(n.BecameMaster, "time", "times")))
	if len(n.Rejected) > 0 {
		say = append(say, fmt.Sprintf("Refused since the start: %s.", total(n.Rejected, "advert", "adverts")))
	}
	say = append(say, senders(c)...)
	if n.GuardHolds > 0 {
		say = append(say, fmt.Sprintf("A takeover was put off %s.", count(n.GuardHolds, "time", "times")))
	}
	if kernel := p.kernel(c.Kernel, c.Interface); kernel != "" {
		say = append(say, fmt.Sprintf("The kernel counted on %s: %s.", clean(c.Interface), kernel))
	}
	return say
}

// mostSenders is how many senders of refused adverts are named.
const mostSenders = 5

// senders says who sent what was refused, the busiest first.
func senders(c Case) (say []string) {
	for i, s := range c.RefusedFrom {
		if i == mostSenders {
			return append(say, fmt.Sprintf("There are %d more such senders: `xvrrp status --json`.", len(c.RefusedFrom)-i))
		}
		say = append(say, fmt.Sprintf("From %s (%s): %s, the last one %s ago with priority %d and TTL %d.", clean(s.Address), clean(s.MAC),
			total(s.Rejected, "advert", "adverts"), length(whole(c.Now.Sub(s.Last))), s.Priority, s.TTL))
	}
	return say
}

func mac(address string) string {
	if address == "" {
		return ""
	}
	return clean(address) + ", "
}

// before lists what happened earlier, newest last.
func (p Paper) before(b *strings.Builder, c Case, last *control.Event) {
	var list []control.Event
	for _, e := range c.Events {
		if last == nil || e.Seq != last.Seq {
			list = append(list, e)
		}
	}
	if len(list) == 0 {
		return
	}
	b.WriteString("\n" + p.paint(bold, "What happened around it") + "\n")
	if len(list) > around {
		fmt.Fprintf(b, "  (%d earlier: `xvrrp events --instance %s`)\n", len(list)-around, clean(c.Name))
		list = list[len(list)-around:]
	}
	b.WriteString(p.history("  ", list, c.Now))
}
