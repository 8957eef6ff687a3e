package show

import (
	"fmt"
	"strings"
	"time"

	"github.com/xvrrp/xvrrp/internal/control"
)

// Status is `xvrrp status`: the whole daemon on one screen.
func (p Paper) Status(s control.Status) string {
	var b strings.Builder
	p.alarms(&b, s)
	rows := [][]cell{{
		inked(bold, "INSTANCE"), inked(bold, "STATE"), inked(bold, "SINCE"), inked(bold, "PRIORITY"),
		inked(bold, "MASTER"), inked(bold, "LAST ADVERT"), inked(bold, "INTERFACE"),
	}}
	for _, i := range s.Instances {
		rows = append(rows, p.row(s, i))
	}
	lines := p.table(rows)
	for n, line := range lines {
		b.WriteString(line + "\n")
		if n > 0 {
			p.below(&b, s.Instances[n-1], s.Now)
		}
	}
	if len(s.Instances) == 0 {
		b.WriteString("(no instances)\n")
	}
	p.groups(&b, s)
	p.trackers(&b, s)
	p.daemon(&b, s)
	return b.String()
}

// alarms are what must be read first.
func (p Paper) alarms(b *strings.Builder, s control.Status) {
	for _, i := range s.Instances {
		if i.SplitBrain {
			text := wrap("", fmt.Sprintf("SPLIT BRAIN: %s is master here and another node claims its addresses. Ask `xvrrp explain %s`.", clean(i.Name), clean(i.Name)))
			b.WriteString(p.paint(red, strings.TrimRight(text, "\n")) + "\n\n")
		}
	}
	if !s.Reload.OK && !s.Reload.At.IsZero() {
		text := wrap("", fmt.Sprintf("The last reload, at %s, failed and changed nothing: %s", p.since(s.Reload.At, s.Now), clean(s.Reload.Error)))
		b.WriteString(p.paint(yellow, strings.TrimRight(text, "\n")) + "\n\n")
	}
}

func (p Paper) row(s control.Status, i control.InstanceStatus) []cell {
	priority := fmt.Sprint(i.Priority)
	shade := plain
	if i.Priority != i.ConfiguredPriority || i.Temporary != nil {
		priority, shade = fmt.Sprintf("%d of %d", i.Priority, i.ConfiguredPriority), yellow
	}
	master, heard := word("unknown"), "-"
	if m := i.Master; m != nil && i.State != control.Fault && i.State != control.Init { // which follow nobody
		master, heard = word(clean(m.Address)), seconds(m.LastAdvertAge)+" ago"
		if m.Self {
			master, heard = inked(green, "this node"), seconds(m.LastAdvertAge)+" ago"
		}
	}
	return []cell{
		word(clean(i.Name)), inked(inkOf(i.State), string(i.State)), word(p.since(i.Since, s.Now)), inked(shade, priority),
		master, word(heard), word(clean(i.Interface) + "/" + fmt.Sprint(i.VRID)),
	}
}

// below are the lines under an instance: its addresses and what is unusual.
func (p Paper) below(b *strings.Builder, i control.InstanceStatus, now time.Time) {
	if h := i.Held; h != nil {
		b.WriteString(wrap("    takeover put off: ", clean(h.Text)))
	}
	if len(i.Faults) > 0 {
		b.WriteString(wrap("    fault: ", clean(strings.Join(i.Faults, ", "))))
	}
	if t := i.Temporary; t != nil {
		b.WriteString(wrap("    temporary priority: ", p.temporary(*t, now)))
	}
	var held, absent []string
	for _, v := range i.VIPs {
		text := clean(v.Address)
		if v.Interface != i.Interface {
			text += " dev " + clean(v.Interface)
		}
		if v.Label != "" {
			text += " label " + clean(v.Label)
		}
		if v.Held {
			held = append(held, text)
		} else {
			absent = append(absent, text)
		}
	}
	if len(held) > 0 {
		b.WriteString(p.vips("    holds ", held, i.State == control.Master, green))
	}
	if len(absent) > 0 {
		word, shade := "    vips  ", faint
		if i.State == control.Master {
			word, shade = "    lacks ", red
		}
		b.WriteString(p.vips(word, absent, i.State == control.Master, shade))
	}
	p.paths(b, i)
	for _, v := range i.VIPs {
		if v.Conflict != "" {
			b.WriteString(wrap("    conflict: ", fmt.Sprintf("%s also claims %s", clean(v.Conflict), clean(v.Address))))
		}
	}
}

// temporary says who set a priority and when it ends.
func (p Paper) temporary(t control.TemporaryPriority, now time.Time) string {
	text := fmt.Sprintf("%d, set by %s at %s", t.Priority, or(clean(t.By), "somebody"), p.clock(t.Since, now))
	if t.Until != nil {
		return text + ", ends at " + p.clock(*t.Until, now) + " (in " + length(whole(max(t.Until.Sub(now), 0))) + ")"
	}
	return text + ", ends with `xvrrp priority INSTANCE reset` or with the daemon"
}

// vips lists addresses; a backup's, of which there may be hundreds, are cut
// short, since it does not hold them.
func (p Paper) vips(first string, list []string, all bool, i ink) string {
	const few = 8
	text := strings.Join(list, ", ")
	if !all && len(list) > few {
		text = fmt.Sprintf("%s and %d more", strings.Join(list[:few], ", "), len(list)-few)
	}
	return p.paint(i, strings.TrimRight(wrap(first, text), "\n")) + "\n"
}

func (p Paper) groups(b *strings.Builder, s control.Status) {
	if len(s.Groups) == 0 {
		return
	}
	rows := [][]cell{{inked(bold, "GROUP"), inked(bold, "STATE"), inked(bold, "SINCE"), inked(bold, "MEMBERS")}}
	for _, g := range s.Groups {
		rows = append(rows, []cell{
			word(clean(g.Name)), inked(inkOf(g.State), string(g.State)), word(p.since(g.Since, s.Now)),
			word(clean(strings.Join(g.Members, " "))),
		})
	}
	b.WriteString("\n" + strings.Join(p.table(rows), "\n") + "\n")
}

func (p Paper) trackers(b *strings.Builder, s control.Status) {
	if len(s.Trackers) == 0 {
		return
	}
	rows := [][]cell{{inked(bold, "TRACKED"), inked(bold, "IS"), inked(bold, "WEIGHT"), inked(bold, "LAST RUN"), inked(bold, "SAYS")}}
	for _, t := range s.Trackers {
		is := inked(green, "up")
		switch {
		case !t.Known:
			is = inked(yellow, "not known yet")
		case !t.Up:
			is = inked(red, "down")
		}
		weight, run := "-", "-"
		if t.Weight != 0 {
			weight = fmt.Sprintf("%+d", t.Weight)
		}
		if !t.LastRun.IsZero() {
			run = length(whole(s.Now.Sub(t.LastRun))) + " ago"
			if t.Duration > 0 {
				run += ", took " + seconds(t.Duration)
			}
		}
		rows = append(rows, []cell{word(clean(t.Kind + " " + t.Name)), is, word(weight), word(run), word(clean(t.Text))})
	}
	b.WriteString("\n" + strings.Join(p.table(rows), "\n") + "\n")
}

// daemon is the foot: what runs, what it read, and how adverts come in.
func (p Paper) daemon(b *strings.Builder, s control.Status) {
	b.WriteByte('\n')
	host := clean(s.Hostname)
	if s.RouterID != "" && s.RouterID != s.Hostname {
		host += " (" + clean(s.RouterID) + ")"
	}
	b.WriteString(wrap("", fmt.Sprintf("xvrrp %s on %s, pid %d, up %s, runtime directory %s",
		clean(s.Version), host, s.PID, length(whole(s.Now.Sub(s.StartedAt))), clean(s.RuntimeDir))))
	for _, f := range s.Files {
		b.WriteString(wrap("read ", fmt.Sprintf("%s (%s, %s)", clean(f.Path),
			count(uint64(f.Lines), "line", "lines"), count(uint64(f.Bytes), "byte", "bytes"))))
	}
	if s.Listen != "" {
		b.WriteString(wrap("", "serves /metrics and the page on http://"+clean(s.Listen)+"/"))
	}
	for _, d := range s.Dataplanes {
		text := fmt.Sprintf("%s: adverts come in by %s", clean(d.Interface), clean(d.Mode))
		if d.Reason != "" {
			text += " (" + clean(d.Reason) + ")"
		}
		if counts := p.kernel(s.Kernel, d.Interface); counts != "" {
			text += "; the kernel counted " + counts
		}
		b.WriteString(wrap("", text))
	}
}

// kernel lists the verdicts on an interface: "31 accepted, 2 ttl".
func (p Paper) kernel(counts []control.KernelCount, iface string) string {
	var list []string
	for _, k := range counts {
		if k.Interface == iface && k.Packets > 0 {
			list = append(list, fmt.Sprintf("%d %s", k.Packets, clean(k.Verdict)))
		}
	}
	return strings.Join(list, ", ")
}
