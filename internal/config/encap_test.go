package config

import (
	"reflect"
	"strings"
	"testing"
)

func encapFile(route string) string {
	return "vrrp_instance VI_1 {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress { 192.0.2.1/24 }\nvirtual_routes {\n" + route + "\n}\n}\n"
}

// TestEncapRead: what is written holds, and is printed so that it is read again; the first word that is none of the encapsulation's is
// the route's.
func TestEncapRead(t *testing.T) {
	read := func(text string) Route {
		t.Helper()
		s, findings := Load([]string{"x.conf"}, inMemory(map[string]string{"x.conf": text}))
		if s == nil || Failed(findings) || len(s.Instances[0].Routes) != 1 {
			t.Fatalf("%v in\n%s", findings, text)
		}
		rt := s.Instances[0].Routes[0]
		rt.Pos = Pos{}
		return rt
	}
	for line, ok := range map[string]func(r Route) bool{
		"10.0.0.0/8 encap ip id 7 dst 192.0.2.3 src 192.0.2.4 tos 5 ttl 6 flags 8 key src 192.0.2.9 dev eth0": func(r Route) bool {
			e := r.Encap // src again is the tunnel's, as in keepalived
			return e.Type == "ip" && e.ID == 7 && e.Dst.String() == "192.0.2.3" && e.Src.String() == "192.0.2.9" && e.TOS == 5 && e.TTL == 6 &&
				e.Flags == 8 && e.Key && !e.Checksum && !e.Sequence && r.Interface == "eth0" && !r.Source.IsValid()
		},
		"10.0.0.0/8 encap ip6 dst 2001:db8::3 tc 5 hoplimit 6 csum seq via 192.0.2.3 tos 8 dsfield 4": func(r Route) bool {
			e := r.Encap
			return e.Type == "ip6" && e.TOS == 5 && e.TTL == 6 && e.Checksum && e.Sequence && len(r.Options) == 2 && r.Via.IsValid()
		},
		"2001:db8:1::/48 encap seg6 mode inline segs 2001:db8::3,2001:db8::4 hmac 17 mtu 1400 dev eth0": func(r Route) bool {
			e := r.Encap
			return e.Type == "seg6" && e.Mode == "inline" && len(e.Segments) == 2 && e.HMAC == 17 && r.MTU == 1400
		},
		"10.0.0.0/8 nexthop via 192.0.2.3 encap ip id 5 weight 2 nexthop via 192.0.2.4 dev eth0": func(r Route) bool {
			return r.Encap == nil && r.NextHops[0].Encap.ID == 5 && r.NextHops[0].Weight == 2 && r.NextHops[1].Encap == nil
		},
		"10.0.0.0/8 via 192.0.2.3 or 192.0.2.4 encap ip id 5 dev eth0": func(r Route) bool {
			return r.Encap == nil && r.NextHops[0].Encap.ID == 5 && r.NextHops[1].Encap.ID == 5
		},
	} {
		rt := read(encapFile(line))
		if !ok(rt) {
			t.Errorf("%s: %+v, %+v", line, rt, rt.Encap)
		}
		printed := strings.Join(routeWords(rt), " ")
		if again := read(encapFile(printed)); !reflect.DeepEqual(again, rt) {
			t.Errorf("%s is printed as %s", line, printed)
		}
	}
}

// TestEncapRefused: each is an Error at the line, with a remedy.
func TestEncapRefused(t *testing.T) {
	for line, want := range map[string]string{
		"10.0.0.0/8 encap": "encap has no value",
		"10.0.0.0/8 encap mpls 100/200 via 192.0.2.3":                                    "encap mpls is not served in a route",
		"10.0.0.0/8 encap ila 1 via 192.0.2.3":                                           "encap ila is not served in a route",
		"10.0.0.0/8 encap gre dst 192.0.2.3":                                             `"gre" is no encapsulation`,
		"10.0.0.0/8 encap ip src 192.0.2.3 dev eth0":                                     "encap ip has neither dst nor id",
		"10.0.0.0/8 encap ip dst 2001:db8::1 dev eth0":                                   "2001:db8::1 is no address for encap ip",
		"10.0.0.0/8 encap ip6 dst 192.0.2.3 dev eth0":                                    "192.0.2.3 is no address for encap ip6",
		"10.0.0.0/8 encap ip id x":                                                       "id needs a number of 64 bits",
		"10.0.0.0/8 encap ip id 1 ttl 256":                                               "ttl needs a number of 8 bits",
		"10.0.0.0/8 encap ip id 1 hoplimit x ttl 5":                                      "is not understood in a route", // hoplimit x is the route's, ttl nobody's
		"2001:db8:1::/48 encap seg6 segs 2001:db8::1":                                    "encap seg6 has no mode",
		"2001:db8:1::/48 encap seg6 mode encap":                                          "encap seg6 has no segs",
		"2001:db8:1::/48 encap seg6 mode tunnel segs 2001:db8::1":                        `"tunnel" is no mode of seg6`,
		"2001:db8:1::/48 encap seg6 mode encap segs 2001:db8::1,192.0.2.1":               `"192.0.2.1" is no IPv6 address`,
		"10.0.0.0/8 encap seg6 mode inline segs 2001:db8::1 dev eth0":                    "seg6 in mode inline is for IPv6 destinations",
		"10.0.0.0/8 nexthop via 192.0.2.3 encap seg6 mode inline segs 2001:db8::1":       "seg6 in mode inline is for IPv6 destinations",
		"10.0.0.0/8 vrf blue via 192.0.2.3":                                              "vrf is not served in a route",
		"::/0 encap seg6 mode encap segs " + strings.Repeat("2001:db8::1,", 120) + "::1": "121 segs are more than a header holds",
	} {
		_, findings := Load([]string{"x.conf"}, inMemory(map[string]string{"x.conf": encapFile(line)}))
		var errs []Finding
		for _, f := range findings {
			if f.Severity == Error {
				errs = append(errs, f)
			}
		}
		if len(errs) != 1 || !strings.Contains(errs[0].Text, want) || errs[0].Remedy == "" || errs[0].Pos.Line != 6 {
			t.Errorf("%.80s: %+v, want %q", line, errs, want)
		}
	}
}
