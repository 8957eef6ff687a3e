// Package sockfilter gives a socket a filter of classic BPF: what it does not let through never gets into the socket's buffer and
// wakes nobody up.
package sockfilter
