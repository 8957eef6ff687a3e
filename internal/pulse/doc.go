// Package pulse remembers, beyond the death of the process, when each virtual router last sent as master. A daemon that
// starts after a crash reads it to know which routers no peer can have missed yet.
//
//	left, err := pulse.Read("/run/xvrrp/pulse")     // a predecessor's; nothing of another boot or network
//	book, err := pulse.New("/run/xvrrp/pulse")      // ours, not visible yet
//	p, err := book.Add("eth0 vrid 51")
//	p.SetWindow(2750 * time.Millisecond, true)
//	p.Beat()                                        // with every advert: no lock, no system call
//	err = book.Publish()                            // takes the predecessor's place
//
// A beat is a store into memory that is mapped from a file of the runtime directory. A killed process leaves the file
// behind; a reboot, another network namespace or a machine that slept meanwhile makes it worthless, and it says so.
package pulse
