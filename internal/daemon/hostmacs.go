package daemon

import "slices"

// noteLinks keeps which Ethernet addresses are this host's, and what its links are called; n.mu is held. Virtual
// MACs are not among them: another master has the same.
func (n *nics) noteLinks() {
	all, names := map[[6]byte]bool{}, map[int]string{}
	for _, c := range n.byName {
		names[c.link.Index] = c.name
		if c.link.Index != 0 && len(c.link.MAC) == 6 {
			if mac := [6]byte(c.link.MAC); !reservedMAC(mac) {
				all[mac] = true
			}
		}
	}
	n.macs.Store(&all)
	n.names.Store(&names)
}

// ours reports whether an Ethernet address is this host's. Any goroutine, at once.
func (n *nics) ours(mac [6]byte) bool {
	all := n.macs.Load()
	return all != nil && (*all)[mac]
}

// attached are the interfaces on which adverts are received.
func (n *nics) attached() []int {
	n.mu.Lock()
	defer n.mu.Unlock()
	var list []int
	for _, c := range n.byName {
		if c.mode != "" {
			list = append(list, c.link.Index)
		}
	}
	slices.Sort(list)
	return list
}
