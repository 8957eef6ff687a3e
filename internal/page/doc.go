// Package page is the page at /: what the daemon knows, for a browser.
//
//	mux.Handle("/", page.Handler())
//
// It is three files without a build step, embedded in the binary. The script
// polls /v1/status, /v1/events and /metrics of the same origin and draws; it
// can change nothing, since the listener serves nothing that does. The
// Content-Security-Policy lets it load no other resource than these files and
// talk to nobody else, so that text from the network or a script, which the
// page shows, can never become code.
package page
