package wire_test

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// A router sends an advert and another receives it.
func Example() {
	vip := []netip.Addr{netip.MustParseAddr("192.0.2.100")}
	advert := wire.Advert{
		Version:   wire.V3,
		VRID:      51,
		Priority:  150,
		Interval:  time.Second,
		Addresses: vip,
		Src:       netip.MustParseAddr("192.0.2.11"),
		Dst:       wire.Group4,
	}
	datagram := advert.Append(nil)

	rules, err := wire.NewRules(wire.Settings{
		Family:    wire.IPv4,
		Version:   wire.V3,
		VRID:      51,
		Interval:  2 * time.Second,
		Addresses: vip,
		Source:    netip.MustParseAddr("192.0.2.12"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Unix(1_800_000_000, 0)
	p, _ := wire.Open(datagram)
	warnings, reject := rules.Check(&p, now)
	fmt.Println(p)
	fmt.Printf("reject: %s, warnings: %s, checksum: %v\n", reject.String(), warnings, p.ChecksumForm())

	datagram[8] = 64 // as if a router had forwarded it
	p, _ = wire.Open(datagram)
	_, reject = rules.Check(&p, now)
	fmt.Println(reject.String(), reject.Counter())
	fmt.Println(reject.Err())
	// Output:
	// VRRPv3 vrid 51 priority 150 interval 1s from 192.0.2.11 to 224.0.0.18 ttl 255, 1 addresses
	// reject: none, warnings: interval_mismatch, checksum: pseudo-header
	// ttl xvrrp_ip_ttl_errors_total
	// TTL or hop limit is not 255
}

// A signed advert from a template. The signer moves on once per advert, and each
// call of the template gives the bytes for one destination.
func ExampleTemplate() {
	key, err := wire.NewKey(1, []byte("an example key of 32 to 64 bytes"))
	if err != nil {
		fmt.Println(err)
		return
	}
	signer, err := wire.NewSigner(wire.Auth{HMAC: wire.HMAC{
		Keys: []wire.Key{key}, Active: 1, Window: wire.DefaultWindow(time.Second),
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	template, err := wire.NewTemplate(&wire.Advert{
		Version: wire.V3, VRID: 51, Interval: time.Second, Signer: signer,
		Addresses: []netip.Addr{netip.MustParseAddr("fe80::51")},
		Src:       netip.MustParseAddr("fe80::1"), Dst: wire.Group6,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for second := range int64(2) {
		signer.Next(time.Unix(1_800_000_000+second, 0))
		p, _ := wire.Open(template.Next(0, 150))
		trailer, _ := p.Trailer()
		fmt.Println(p.Priority(), trailer.KeyID, trailer.Time().Format(time.RFC3339), p.ChecksumForm())
	}
	fmt.Println(key)
	// Output:
	// 150 1 2027-01-15T08:00:00Z pseudo-header-including-trailer
	// 150 1 2027-01-15T08:00:01Z pseudo-header-including-trailer
	// key 1 [redacted]
}
