// Package test runs the whole daemon in namespaces, beside keepalived and frr.
// What counts is what a third host sees on the wire and what the kernel holds,
// not what a daemon says of itself.
package test
