package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// own writes the xvrrp block whole, with units, since its defaults are ours.
func (p *printer) own(o *Own, instances []Instance) {
	p.block("xvrrp", func() {
		p.line("listen", listenText(o.Listen))
		p.text("web_config_file", o.WebConfigFile)
		p.line("realtime", onOff(o.Realtime))
		p.ownWords(o.Defaults, InstanceOwn{}, true)
		for i := range o.Checks {
			p.check(&o.Checks[i])
		}
		for _, h := range o.Heartbeats {
			p.block("heartbeat "+quoted(h.Name), func() {
				p.text("interface", h.Interface)
				p.when(len(h.Peers) > 0, append([]string{"unicast"}, addrTexts(h.Peers)...)...)
				p.keys(&h.HMAC)
				p.replay(&h.HMAC)
			})
		}
		for _, i := range instances {
			p.ownInstance(&i, o)
		}
	})
}

func listenText(listen string) string {
	if listen == "" {
		return "none"
	}
	return listen
}

// ownWords writes what differs from base, or everything.
func (p *printer) ownWords(o, base InstanceOwn, all bool) {
	p.when(all || o.Dataplane != base.Dataplane, "dataplane", o.Dataplane.String())
	p.when(all || o.Guard != base.Guard, "split_brain_guard", o.Guard.String())
	p.when(all || o.GuardHoldLimit != base.GuardHoldLimit, "guard_hold_limit", o.GuardHoldLimit.String())
	p.when(all || o.Fence != base.Fence, "fence", onOff(o.Fence))
	p.when(all || o.FloodLimit != base.FloodLimit, "flood_limit", fmt.Sprint(o.FloodLimit))
	p.when(o.RemoveStrays != base.RemoveStrays, "stray_addresses", map[bool]string{true: "remove", false: "report"}[o.RemoveStrays])
	p.when(o.GARPReply != base.GARPReply, "garp_reply", onOff(o.GARPReply))
	p.when(o.VirtualMAC != base.VirtualMAC, "virtual_mac", map[bool]string{true: "bpf", false: "off"}[o.VirtualMAC])
	if len(o.Witness) > 0 && !slices.Equal(o.Witness, base.Witness) {
		p.line(append([]string{"witness"}, addrTexts(o.Witness)...)...)
	}
	p.when(o.WitnessWait != base.WitnessWait, "witness_wait", witnessWaitWords[o.WitnessWait])
	p.when(o.Isolated != base.Isolated, "isolated", o.Isolated.String())
	if !slices.Equal(o.NotifySplitBrain.Argv, base.NotifySplitBrain.Argv) {
		p.command("notify_split_brain", o.NotifySplitBrain)
	}
	p.when(o.NotifyFIFOSplitBrain != base.NotifyFIFOSplitBrain, "notify_fifo_split_brain", onOff(o.NotifyFIFOSplitBrain))
}

func addrTexts(list []netip.Addr) []string {
	out := make([]string, len(list))
	for i, a := range list {
		out[i] = a.String()
	}
	return out
}

// ownInstance writes what an instance says over the block.
func (p *printer) ownInstance(i *Instance, o *Own) {
	inner := &printer{opt: p.opt, depth: p.depth + 1}
	if i.Own.AdvertInterval != 0 {
		inner.line("advert_int", i.Own.AdvertInterval.String())
	}
	inner.ownWords(i.Own, o.Defaults, false)
	if paths := i.Own.Heartbeats; !slices.Equal(paths, heartbeatsFor(i, o.Heartbeats)) {
		if len(paths) == 0 {
			paths = []string{noHeartbeat}
		}
		inner.line(append([]string{"heartbeat"}, quotedAll(paths)...)...)
	}
	if inner.b.Len() > 0 {
		p.block("instance "+quoted(i.Name), func() { p.b.WriteString(inner.b.String()) })
	}
}

func (p *printer) check(c *Check) {
	p.block("check "+quoted(c.Name), func() {
		p.line(strings.TrimSpace(c.Kind.String() + " " + quotedIf(c.Target)))
		if c.StatusMin != 0 {
			p.line("status", fmt.Sprintf("%d-%d", c.StatusMin, c.StatusMax))
		}
		p.when(c.Insecure, "insecure")
		p.line("interval", c.Interval.String())
		p.line("timeout", c.Timeout.String())
		p.weight(c.Weight, c.Reverse)
		p.num("rise", c.Rise)
		p.num("fall", c.Fall)
		p.when(c.InitFail, "init_fail")
	})
}

func quotedIf(s string) string {
	if s == "" {
		return ""
	}
	return quoted(s)
}

func (p *printer) weight(w int, reverse bool) {
	words := []string{"weight", fmt.Sprint(w)}
	if reverse {
		words = append(words, "reverse")
	}
	p.line(words...)
}

func (p *printer) script(s *Script) {
	p.block("vrrp_script "+quoted(s.Name), func() {
		argv := s.Command.Argv
		if s.OpenFile && len(argv) > 0 {
			argv = []string{"<" + argv[0]}
		}
		p.when(len(argv) > 0, "script", commandLine(argv))
		if s.Command.User != "" {
			words := []string{"user", quoted(s.Command.User)}
			if s.Command.Group != "" {
				words = append(words, quoted(s.Command.Group))
			}
			p.line(words...)
		}
		p.seconds("interval", s.Interval)
		p.seconds("timeout", s.Timeout)
		p.weight(s.Weight, s.Reverse)
		p.num("rise", s.Rise)
		p.num("fall", s.Fall)
		p.when(s.InitFail, "init_fail")
	})
}

func (p *printer) trackFile(f *TrackFile) {
	p.block("track_file "+quoted(f.Name), func() {
		p.text("file", f.Path)
		p.weight(f.Weight, f.Reverse)
		if f.Init {
			words := []string{"init_file", fmt.Sprint(f.InitValue)}
			if f.InitOverwrite {
				words = append(words, "overwrite")
			}
			p.line(words...)
		}
	})
}

func (p *printer) trackProcess(t *TrackProcess) {
	p.block("vrrp_track_process "+quoted(t.Name), func() {
		p.line(append([]string{"process", quoted(t.Process)}, quotedAll(t.Params)...)...)
		p.when(t.FullCommand, "full_command")
		p.when(t.ParamMatch == ParamExact, "param_match")
		p.when(t.ParamMatch == ParamInitial, "param_match initial")
		p.when(t.ParamMatch == ParamPartial, "param_match partial")
		p.weight(t.Weight, t.Reverse)
		p.num("quorum", t.Quorum)
		if t.QuorumMax > 0 {
			p.num("quorum_max", t.QuorumMax)
		}
		p.duration("fork_delay", t.ForkDelay, 0)
		p.duration("terminate_delay", t.TerminateDelay, 0)
	})
}

func (p *printer) bfd(b *BFD) {
	p.block("bfd_instance "+quoted(b.Name), func() {
		p.weight(b.Weight, b.Reverse)
		p.options(b.Options)
	})
}
