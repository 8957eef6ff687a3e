// Package testnet gives tests a network of their own: internal/lab, with failures that fail the test and everything
// taken down by t.Cleanup, also when the test fails.
//
//	n := testnet.New(t)
//	lan := n.Switch("lan")
//	a, b := n.Host("a"), n.Host("b")
//	port := lan.Connect(a, "eth0", "192.0.2.1/24")
//	lan.Connect(b, "eth0", "192.0.2.2/24")
//	frames := b.Capture("eth0")
//	a.Do(func() { … })
//	testnet.Eventually(t, time.Second, func() error { … })
//
// A test of one socket or one program needs no switch: Host.Veth gives it two links that are each other's wire.
package testnet
