// Package survey looks at a LAN from outside of any virtual router: who answers
// for an address, who sends adverts, and which of them contradict each other.
// It needs no daemon and works on any host of the LAN, a Backup included.
//
//	answers, err := survey.Who(ctx, eth0, vip, time.Second)   // one: fine; two: split brain
//
//	judge := survey.NewJudge()
//	err := survey.Watch(ctx, eth0, judge, func(f survey.Frame, e survey.Event, c []survey.Conflict) error {
//		…                             // print e, c; pcap.Write(f)
//	})
//	judge.Senders(); judge.Conflicts()    // for a table that updates
//
// Who asks and listens through a packet socket, below every firewall, and never
// hears this host itself. Capture hands over adverts, ARP and neighbour
// discovery of both directions; Decode makes them events; a Judge is plain data
// that remembers senders and finds conflicts, told the time by the events. Frames
// may also come from a file or from the kernel program of the datapath.
package survey
