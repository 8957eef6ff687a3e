// Package engine runs the election: it hands facts to the pure core and does
// what the core asks for.
//
//	e := engine.New(engine.Ports{Wake: dp.Wake, Interrupt: dp.Interrupt, ...})
//	e.Do(engine.Add{Group: ...})          // any goroutine: only queues
//	err := dp.Run(ctx, e)                 // the loop thread calls the sink methods
//
// The methods Datagram, Wakeup and Interrupted belong to one thread, the loop
// of the datapath. That thread alone touches the routers, so there is no lock
// around the election, and an advert is handled where it was read. Everybody
// else hands in facts with Do, which queues them and interrupts the loop.
//
// An advert that the core asks for leaves at once, on the loop thread, which
// costs about a microsecond; so does a question before a takeover, which an Asker
// puts. Everything else the core asks for may wait for
// netlink, a log or a script: it is queued to a goroutine of its own for each
// router, which does it in order and lives while there is something to do. So a
// router's first advert leaves before its first address is asked for, and a slow
// effect of one router delays neither its own adverts nor those of others.
package engine
