// Package daemon joins the shells to the engine: a running xvrrp from settings.
//
//	err := daemon.Run(ctx, daemon.Options{Files: …, RuntimeDir: …, Log: …})
//
// Nothing here decides about VRRP. Each file joins one pair: nic.go the
// interfaces of the host to the datapath and the senders, instance.go the
// core's actions to addresses, announcements, notifications and the log,
// weigh.go the trackers to the priority, status.go the engine to whoever asks.
package daemon
