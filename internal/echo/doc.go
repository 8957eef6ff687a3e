// Package echo spares a netlink listener the news of what we ourselves asked for.
//
// Of each address that is added the kernel tells every listener, and waking one on an idle processor costs as much as adding
// the address. Somebody who adds a thousand knows it already: Ignore has the kernel drop what bears the asking socket's port.
// IPv4 news does; IPv6 news never bears a port, and is heard.
package echo
