// Package netspace holds on to a network namespace, so that a socket can be
// opened there later, by whichever thread. A shell works in the namespace of
// the thread that opened it, for as long as it lives.
package netspace
