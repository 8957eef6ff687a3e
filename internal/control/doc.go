// Package control is the conversation between the daemon and its command
// line: HTTP and JSON on a unix socket.
//
// The types that travel are in types.go and event.go. Their field names are
// promised to scripts: add, never rename. Times are RFC 3339 with
// nanoseconds, lengths of time are numbers of seconds.
//
// The daemon's side:
//
//	journal := control.NewJournal(1000)                  // its history
//	l, err := control.Listen(dir.Path("xvrrp.sock"), -1) // replaces a dead one's socket
//	err = control.Serve(ctx, l, control.Handler(daemon, journal))
//
// The command line's side:
//
//	c, err := control.Dial(runtimeDir)                   // errors.Is(err, ErrNoDaemon)
//	status, err := c.Status(ctx)
//
// Who may ask: root, the daemon's own user, and members of the socket's
// group. The file's mode says so, and the kernel's word about the peer is
// checked again for each connection. A request is bounded in size and time,
// connections in number; a follower that does not read is cut off.
//
// ReadOnly is the part that may also be served over TCP.
package control
