package config

import (
	"net"
	"net/netip"
	"strings"
)

func readUseVMAC(r *reader, st *statement, d *id) {
	d.VMAC.Mode = VMACMacvlan
	r.vmacOptions(st, 0, &d.VMAC, false)
}

// vmacOptions reads [name] NAME, MAC, netlink_notify_msg and group G from
// word i on and returns how many words it took. Behind an address (inLine) a
// word that could be the next option ends it.
func (r *reader) vmacOptions(st *statement, i int, v *VMAC, inLine bool) int {
	args := st.Args()
	start := i
	for ; i < len(args); i++ {
		text := args[i].Text
		mac, isMAC := vmacAddress(text)
		switch {
		case text == "netlink_notify_msg":
			v.NetlinkNotify = true
		case (text == "group" || text == "name") && i+1 < len(args):
			i++
			if text == "group" {
				v.Group = r.linkGroup(st, i)
			} else {
				v.Name, _ = r.ifName(st, i)
			}
		case isMAC:
			r.checkMAC(st, i, mac)
			v.MAC = mac
		case inLine && (addressOptions[text] != nil || addressFlag(text, new(addressDraft)) != nil):
			return i - start
		case v.Name == "":
			v.Name, _ = r.ifName(st, i)
			r.booleanName(st, i, text)
		default:
			r.warn(codeExtraWords, arg(st, i), "remove it", "%s is ignored behind use_vmac", quote(text))
		}
	}
	return i - start
}

// booleanName catches `use_vmac false`, which makes an interface of that name.
func (r *reader) booleanName(st *statement, i int, text string) {
	switch text {
	case "true", "false", "yes", "no", "on", "off":
		r.warn(codeVMACName, arg(st, i), "remove the line to use no virtual MAC, or the word to let the name be chosen",
			"use_vmac %s switches virtual MACs on and calls the interface %s", text, quote(text))
	}
}

// vmacAddress recognises six octets, or five that the VRID follows.
func vmacAddress(text string) (string, bool) {
	switch strings.Count(text, ":") {
	case 5:
		_, err := net.ParseMAC(text)
		return strings.ToLower(text), err == nil
	case 4:
		_, err := net.ParseMAC(text + ":00")
		return strings.ToLower(text), err == nil
	}
	return "", false
}

func (r *reader) checkMAC(st *statement, i int, mac string) {
	hw, err := net.ParseMAC(mac + strings.Repeat(":00", 5-strings.Count(mac, ":")))
	switch {
	case err != nil:
	case hw[0]&1 != 0:
		r.err(codeBadMAC, arg(st, i), "clear the lowest bit of the first octet", "%s is a multicast MAC", mac)
	case strings.HasPrefix(mac, "00:00:5e:00:01") || strings.HasPrefix(mac, "00:00:5e:00:02"):
		r.err(codeBadMAC, arg(st, i), "leave the MAC out to use the protocol's own", "%s is in the range that the protocol keeps for itself", mac)
	}
}

// readUseIPVLAN reads [NAME] [IF] [IP] [bridge|private|vepa] [group G].
func readUseIPVLAN(r *reader, st *statement, d *id) {
	d.VMAC.Mode = VMACIPVLAN
	args := st.Args()
	for i := 0; i < len(args); i++ {
		text := args[i].Text
		a, addrErr := netip.ParseAddr(text)
		p, prefixErr := netip.ParsePrefix(text)
		switch {
		case text == "bridge" || text == "private" || text == "vepa":
			d.VMAC.IPVLANFlag = text
		case text == "group" && i+1 < len(args):
			i++
			d.VMAC.Group = r.linkGroup(st, i)
		case prefixErr == nil:
			d.VMAC.IPVLANAddr = p
		case addrErr == nil:
			d.VMAC.IPVLANAddr = netip.PrefixFrom(a, a.BitLen())
		case d.VMAC.Name == "":
			d.VMAC.Name, _ = r.ifName(st, i)
		case d.VMAC.Parent == "":
			d.VMAC.Parent, _ = r.ifName(st, i)
		default:
			r.warn(codeExtraWords, arg(st, i), "remove it", "%s is ignored behind use_ipvlan", quote(text))
		}
	}
}
