package egress

// Put adds a datagram to those that the next Flush sends. A zero to means the
// group in the datagram's header. The datagram is not copied.
func (i *Interface) Put(to [6]byte, ip []byte) {
	i.queue = append(i.queue, Frame{Dst: to, IP: ip})
}

// Flush sends what was put, as SendBatch does, and tells what failed by its
// number since the last Flush.
func (i *Interface) Flush(failed func(n int, err error)) {
	i.SendBatch(i.queue)
	for n := range i.queue {
		if err := i.queue[n].Err; err != nil {
			failed(n, err)
		}
	}
	clear(i.queue)
	i.queue = i.queue[:0]
}
