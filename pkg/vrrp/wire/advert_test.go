package wire

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"
	"time"
)

func TestAdvertValidate(t *testing.T) {
	pass, err := NewSigner(Auth{Type: AuthPass})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change func(*Advert)
		want   string // a part of the error; empty: no error
	}{
		{func(*Advert) {}, ""},
		{func(a *Advert) { a.Interval = MaxIntervalV3 }, ""},
		{func(a *Advert) { a.Version = 1 }, "version 1"},
		{func(a *Advert) { a.VRID = 0 }, "VRID 0"},
		{func(a *Advert) { a.Src = netip.Addr{} }, "no source"},
		{func(a *Advert) { a.Dst = netip.Addr{} }, "destination"},
		{func(a *Advert) { a.Dst = Group6 }, "destination ff02::12"},
		{func(a *Advert) { a.Interval = 0 }, "interval 0s"},
		{func(a *Advert) { a.Interval = MaxIntervalV3 + 1 }, "interval 40.95"},
		{func(a *Advert) { a.Version, a.Interval = V2, 1500*time.Millisecond }, "whole seconds"},
		{func(a *Advert) { a.Version, a.Interval = V2, 256*time.Second }, "interval 4m16s"},
		{func(a *Advert) { a.Addresses = nil }, "no address"},
		{func(a *Advert) { a.Version, a.Addresses = V2, nil }, ""},
		{func(a *Advert) { a.Addresses = make([]netip.Addr, 256) }, "256 addresses"},
		{func(a *Advert) { a.Addresses = []netip.Addr{from6} }, "address fe80::11"},
		{func(a *Advert) { a.Addresses = []netip.Addr{{}} }, "address invalid"},
		{func(a *Advert) { a.Signer = pass }, "authentication pass"},
		{func(a *Advert) { a.Signer, a.Version = pass, V2 }, ""},
		{func(a *Advert) {
			*a = newForm("", IPv6, V3, 1, false, Auth{}).advert
			a.Version = V2
		}, "for IPv4 only"},
	} {
		a := newForm("", IPv4, V3, 1, false, Auth{}).advert
		c.change(&a)
		checkError(t, a.Validate(), c.want)
		if got := a.Append([]byte("x")); (len(got) > 1) != (c.want == "") {
			t.Errorf("%q: %d bytes appended", c.want, len(got)-1)
		}
		_, err := NewTemplate(&a)
		checkError(t, err, c.want)
	}
}

func TestSettingsValidate(t *testing.T) {
	good := newForm("", IPv4, V3, 1, false, Auth{}).settings
	for _, c := range []struct {
		change func(*Settings)
		want   string
	}{
		{func(*Settings) {}, ""},
		{func(s *Settings) { s.Family = 0 }, "family 0"},
		{func(s *Settings) { s.Version = 4 }, "version 4"},
		{func(s *Settings) { s.Family, s.Version = IPv6, V2 }, "IPv4 only"},
		{func(s *Settings) { s.VRID = 0 }, "VRID 0"},
		{func(s *Settings) { s.Interval = 0 }, "interval 0s"},
		{func(s *Settings) { s.Interval = 41 * time.Second }, "interval 41s"},
		{func(s *Settings) { s.Auth.Type = AuthPass }, "version 3"},
		{func(s *Settings) { s.Group = from4 }, "not a multicast"},
	} {
		s := good
		c.change(&s)
		_, err := NewRules(s)
		checkError(t, err, c.want)
	}
	r, err := NewRules(good)
	if err != nil {
		t.Fatal(err)
	}
	bad := good
	bad.VRID = 0
	if r.Update(bad) == nil || r.Settings().VRID != 53 || r.Settings().Group != Group4 {
		t.Error("a refused Update changed something, or the group has no default")
	}
}

// A template goes on with the settings of its signer.
func TestTemplateFollowsSigner(t *testing.T) {
	a := newForm("", IPv4, V2, 2, false, Auth{}).advert
	signer, err := NewSigner(Auth{})
	if err != nil {
		t.Fatal(err)
	}
	a.Signer = signer
	template, err := NewTemplate(&a)
	if err != nil {
		t.Fatal(err)
	}
	for _, auth := range []Auth{
		{},
		{Type: AuthPass, Password: NewPassword("one")},
		{Type: AuthPass, Password: NewPassword("two")},
		{Type: AuthAH, Password: NewPassword("three")},
		{HMAC: testRing(t)},
		{},
	} {
		if err := signer.Update(auth); err != nil {
			t.Fatal(err)
		}
		signer.Next(testNow)
		if got := template.Next(a.ID, a.Priority); !bytes.Equal(got, a.Append(nil)) {
			t.Errorf("%v: template and Append differ", auth.Type)
		}
	}
	if signer.Update(Auth{Type: 9}) == nil || signer.Overhead() != 0 {
		t.Error("a refused Update changed something")
	}
}

// The slices of an Advert may change after its template was made.
func TestTemplateOwnsItsAddresses(t *testing.T) {
	a := newForm("", IPv4, V3, 2, false, Auth{}).advert
	a.Addresses = slices.Clone(a.Addresses)
	template, err := NewTemplate(&a)
	if err != nil {
		t.Fatal(err)
	}
	a.Addresses[0] = from4
	if got := template.Advert().Addresses[0]; got == from4 {
		t.Error("the template shares the address list")
	}
}

// All unicast copies of one advert carry the same trailer: destination, TTL and
// checksum are not signed, and the sequence is one per advert.
func TestUnicastCopiesShareTheTrailer(t *testing.T) {
	f := findForm(t, "v3-ipv4-unicast-hmac")
	a := f.advert
	a.Signer = f.signer(t)
	one := a.Append(nil)
	a.Dst = netip.MustParseAddr("192.0.2.13")
	two := a.Append(nil)
	if !bytes.Equal(one[len(one)-TrailerLen:], two[len(two)-TrailerLen:]) || bytes.Equal(one, two) {
		t.Error("the copies have different trailers")
	}
}
