// Package demo is the main job in one run: two directors and a client in
// network namespaces, a firewall that lets no VRRP in, a director that dies in
// front of the client. It tells what happened when, and what the client saw.
//
//	err := demo.Run(ctx, os.Stdout, demo.Options{Binary: "/proc/self/exe"})
//
// It needs root and nothing else: the network and the firewall are made over
// netlink, and everything is gone when Run returns.
package demo
