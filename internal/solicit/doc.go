// Package solicit builds the question of neighbour discovery: "who has this IPv6
// address?", a neighbour solicitation (RFC 4861 section 4.3) with its IPv6 header.
package solicit
