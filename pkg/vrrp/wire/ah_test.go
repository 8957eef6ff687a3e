package wire

import (
	"slices"
	"testing"
)

// AH as keepalived does it (protocol reference, section 13.2).

func TestAHTypeByProtocol(t *testing.T) {
	ah, none := findForm(t, "v2-ah"), findForm(t, "v2-none")
	s := ah.settings
	s.Addresses, s.Auth = none.settings.Addresses, Auth{}
	_, got := judge(t, ah.datagram(t), s)
	want(t, "AH advert, router without", got, AuthTypeMismatch)

	s = none.settings
	s.Auth = ah.auth
	b := none.datagram(t)
	_, got = judge(t, b, s)
	want(t, "plain advert, router with AH", got, AuthTypeMismatch)
	b[24] = uint8(AuthAH)
	_, got = judge(t, reseal(b), s)
	want(t, "plain advert of type 2, router with AH", got, AuthTypeMismatch)

	v3 := newForm("", IPv4, V3, 2, false, Auth{})
	_, got = judge(t, ah.datagram(t), v3.settings)
	want(t, "AH advert, router of v3", got, Version)
}

func TestAHHeader(t *testing.T) {
	f := findForm(t, "v2-ah")
	for _, c := range []struct {
		name   string
		change func(b []byte) []byte
		want   Reject
	}{
		{"untouched", func(b []byte) []byte { return b }, None},
		{"TOS and checksum are not covered", func(b []byte) []byte { b[1], b[10] = 0, 0; return b }, None},
		{"DF is not covered", func(b []byte) []byte { b[6] = 0x40; return b }, None},
		{"identification is covered", func(b []byte) []byte { b[5]++; return b }, AuthFailure},
		{"reserved is covered", func(b []byte) []byte { b[22] = 1; return b }, AuthFailure},
		{"SPI is covered", func(b []byte) []byte { b[24]++; return b }, AuthFailure},
		{"sequence is covered", func(b []byte) []byte { b[31]++; return b }, AuthFailure},
		{"another next header", func(b []byte) []byte { b[20] = 17; return b }, Protocol},
		{"a longer header than there is", func(b []byte) []byte { b[21] = 255; return b }, PacketTooShort},
		{"cut in the header", func(b []byte) []byte { b[3] = 30; return b[:30] }, PacketTooShort},
		{"cut before its second octet", func(b []byte) []byte { b[3] = 21; return b[:21] }, PacketTooShort},
		{"nothing but its IP header", func(b []byte) []byte { b[3] = 20; return b[:20] }, PacketTooShort},
		{"another ICV length", func(b []byte) []byte {
			b[21], b[3] = 5, b[3]+4
			return slices.Insert(b, 44, 0, 0, 0, 0)
		}, AuthFailure},
	} {
		p, _, got := receive(c.change(f.datagram(t)), false, f.rules(t), testNow)
		want(t, c.name, got, c.want)
		if _, ok := p.AH(); ok && got == PacketTooShort {
			t.Errorf("%s: AH() of a truncated header", c.name)
		}
	}
}

// The SPI must be the source address even when the ICV is right.
func TestAHSPI(t *testing.T) {
	f := findForm(t, "v2-ah")
	b := f.datagram(t)
	b[24]++
	copy(b[20+ahICV:], newICV(f.auth.Password).sum(b[:20], b[20:44], b[44:], false))
	_, got := judge(t, b, f.settings)
	want(t, "SPI", got, AuthFailure)
}

// The sequence is one for all senders, and a router that was only listening
// continues from the highest it heard.
func TestAHSequence(t *testing.T) {
	f := findForm(t, "v2-ah")
	signer, rules := f.signer(t), f.rules(t)
	send := func() Reject {
		a := f.advert
		a.Signer = signer
		p, _ := Open(a.Append(nil))
		_, reject := rules.Check(&p, testNow)
		return reject
	}
	want(t, "first", send(), None)
	want(t, "again", send(), AuthFailure)
	signer.Next(testNow)
	want(t, "next", send(), None)
	if rules.AHSequence() != 2 {
		t.Errorf("sequence %d, want 2", rules.AHSequence())
	}

	restarted := f.signer(t) // a router that begins at 1 again
	signer = restarted
	want(t, "restarted", send(), AuthFailure)
	restarted.Observe(rules.AHSequence())
	restarted.Observe(1) // an older number takes nothing back
	restarted.Next(testNow)
	want(t, "after listening", send(), None)

	if err := rules.Update(f.settings); err != nil {
		t.Fatal(err)
	}
	want(t, "replayed after a reload", send(), AuthFailure)
}

// In unicast mode keepalived leaves the TTL out of the ICV, else it is covered.
func TestAHTTL(t *testing.T) {
	f := findForm(t, "v2-ah-unicast")
	b := f.datagram(t)
	b[8] = 63
	_, got := judge(t, b, f.settings)
	want(t, "unicast, TTL 63", got, None)
}
