package show

// advice is what there is to say about one reason why adverts are refused.
type advice struct{ what, why, remedy string }

// refusals explains each reason of wire.Reject and each verdict of the kernel
// program under its label. %s in a remedy is the interface.
var refusals = map[string]advice{
	"ttl": {
		"their TTL or hop limit is not 255",
		"such an advert has crossed a router, or comes from outside; VRRP accepts none (RFC 9568 section 5.1.1.3)",
		"`xvrrp watch -i %s` names the sender's MAC. If the nodes are in different subnets, use unicast_src_ip and unicast_peer; else stop what forwards or forges them",
	},
	"ttl_range": {
		"their TTL or hop limit is outside the range of the unicast peer",
		"they take another way than the configuration expects",
		"set min_ttl and max_ttl of the unicast_peer to what `xvrrp watch -i %s` shows, or correct the route",
	},
	"unknown_peer": {
		"their sender is no unicast_peer of ours",
		"a peer that is not listed is not believed, so both nodes become master",
		"add the sender to unicast_peer here, or correct unicast_src_ip there; `xvrrp watch -i %s` shows it",
	},
	"version": {
		"their VRRP version is not ours",
		"versions 2 and 3 do not understand each other, so both nodes become master",
		"set the same vrrp_version on all nodes (keepalived's default is 2 for IPv4)",
	},
	"auth_type_mismatch": {
		"their authentication type is not ours",
		"nodes that authenticate differently ignore each other, so both become master",
		"give all nodes the same authentication block, or none",
	},
	"auth_type_unknown": {
		"their authentication type is unknown",
		"nodes that authenticate differently ignore each other, so both become master",
		"give all nodes the same authentication block, or none",
	},
	"auth_failure": {
		"their password (or authentication header) is not ours",
		"nodes with different passwords ignore each other, so both become master",
		"set the same auth_pass on all nodes; only its first 8 bytes count, and # and ! begin a comment",
	},
	"interval_mismatch": {
		"their advert_int is not ours",
		"version 2 demands equal intervals, so such adverts are dropped and both nodes become master",
		"set the same advert_int on all nodes",
	},
	"interval_zero": {
		"their interval is zero", "no timer can be derived from it", "correct advert_int of the sender",
	},
	"checksum": {
		"their checksum is wrong",
		"a damaged or foreign advert; some devices leave the pseudo header out in version 3 over IPv4",
		"if the sender is such a device, set v3_checksum_as_v2 on; else look for damage on the way with `xvrrp watch -i %s`",
	},
	"length_mismatch": {
		"their length does not fit their address count",
		"a damaged advert, or one with a trailer that we do not expect",
		"look at the sender with `xvrrp watch -i %s`; if it uses auth_hmac, configure the same here",
	},
	"packet_too_short": {"they are shorter than a VRRP header", "they are damaged or forged", "look at the sender with `xvrrp watch -i %s`"},
	"ip_header":        {"their IP header is malformed", "they are damaged or forged", "look at the sender with `xvrrp watch -i %s`"},
	"ip_total_length":  {"their IP length is wrong", "they are damaged or forged", "look at the sender with `xvrrp watch -i %s`"},
	"type":             {"they are no advertisements", "VRRP knows no other type", "look at the sender with `xvrrp watch -i %s`"},
	"destination": {
		"they are sent to a group or address that this virtual router does not use",
		"one node uses multicast and the other unicast, or another vrrp_mcast_group4",
		"use unicast_peer on all nodes or on none, and the same multicast group",
	},
	"own_source": {
		"they come from an address of our own",
		"our adverts are looped back by the network, or another host uses our address",
		"look for a bridge loop or a duplicate of this node's address with `xvrrp who ADDRESS -i %s`",
	},
	"vrid_unknown": {
		"no instance here has their virtual_router_id",
		"another virtual router is on this LAN; if it announces the same address under another VRID, both are master",
		"`xvrrp watch -i %s` marks an address under two VRIDs; give both nodes the same virtual_router_id",
	},
	"count_zero": {"they carry no address", "a router without addresses protects nothing", "give the sender a virtual_ipaddress block"},
	"address_list_mismatch": {
		"their address list is not ours",
		"after a failover some addresses would be missing",
		"give all nodes the same virtual_ipaddress block, in the same order",
	},
	"first_address_not_link_local": {
		"their first IPv6 address is not link-local",
		"RFC 9568 section 5.2.9 demands it",
		"put a fe80:: address first in virtual_ipaddress on all nodes",
	},
	"owner_conflict": {
		"another router advertises while we own the addresses (priority 255)",
		"two owners never give way to each other",
		"set priority 255 on one node at most",
	},
	"hmac_missing":     {"their auth_hmac trailer is missing", "the sender has no auth_hmac", "configure auth_hmac on all nodes, or mode permissive while you roll it out"},
	"hmac_malformed":   {"their auth_hmac trailer is malformed", "another version, or damage", "run the same version on all nodes"},
	"hmac_stale":       {"their auth_hmac time is outside the window", "the clocks of the nodes differ, or somebody replays old adverts", "synchronise the clocks of all nodes (chrony, ntp)"},
	"hmac_unknown_key": {"their auth_hmac key id is unknown here", "a key was rotated on one node only", "add the key to all nodes before the first one signs with it"},
	"hmac_invalid":     {"their auth_hmac signature is wrong", "the keys differ, or somebody forges adverts", "give all nodes the same key under the same id"},
	"hmac_replay":      {"they repeat an advert that we had already", "somebody replays recorded adverts, or the network duplicates", "look at the sender's MAC with `xvrrp watch -i %s`"},
	"flood_source": {
		"their sender sends too many",
		"beyond its share the rest is dropped in the kernel, so that nobody can starve us",
		"stop the sender (`xvrrp watch -i %s`); flood_limit raises the limit",
	},
	"flood_interface": {
		"unknown senders send too many",
		"beyond their share the rest is dropped in the kernel, so that nobody can starve us",
		"stop the senders (`xvrrp watch -i %s`); flood_limit raises the limit",
	},
	"ring_full": {
		"the daemon did not fetch them in time",
		"a starved daemon may miss the master's adverts",
		"look for CPU throttling with `xvrrp doctor`, and leave realtime on",
	},
	"fenced": {
		"packets for our addresses were dropped while the fence was up",
		"the daemon was late by more than a down interval, and the kernel silenced its addresses so that a peer could take over",
		"look for CPU throttling with `xvrrp doctor`, and leave realtime on",
	},
}
