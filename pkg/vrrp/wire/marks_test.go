package wire

import (
	"encoding/json"
	"reflect"
	"testing"
)

// unused is a signer that has signed nothing.
func unused(t *testing.T, f *form) *Signer {
	t.Helper()
	s, err := NewSigner(f.settings.Auth)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// succeed makes signer and rules anew, as another process does, with the marks
// of the old ones.
func succeed(t *testing.T, f *form, s *Signer, r *Rules) (*Signer, *Rules) {
	t.Helper()
	text, err := json.Marshal(MarksOf(s, r))
	if err != nil {
		t.Fatal(err)
	}
	var m Marks
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	s, r = unused(t, f), f.rules(t)
	m.Restore(s, r)
	if again := MarksOf(s, r); !reflect.DeepEqual(again, m) {
		t.Errorf("restored %+v, were %+v", again, m)
	}
	return s, r
}

// A successor's adverts are no replays to others, and replays are none to it.
func TestMarksGoOver(t *testing.T) {
	for _, name := range []string{"v2-ah", "v2-ah-unicast", "v2-hmac", "v3-ipv4-hmac", "v3-ipv4-unicast-hmac", "v3-ipv6-hmac"} {
		t.Run(name, func(t *testing.T) {
			f := findForm(t, name)
			signer, rules, peer := f.signer(t), f.rules(t), f.rules(t)
			last := func() []byte {
				a := f.advert
				a.Signer = signer
				return a.Append(nil)
			}
			judged := func(by *Rules, b []byte) Reject {
				p, _ := Open(b)
				_, reject := by.Check(&p, testNow)
				return reject
			}
			for range 3 {
				signer.Next(testNow)
				want(t, "before", judged(peer, last()), None)
			}
			heard := last()
			want(t, "heard before", judged(rules, heard), None)

			signer, rules = succeed(t, f, signer, rules)
			if judged(rules, heard) == None {
				t.Error("the successor takes a replay for an advert")
			}
			signer.Next(testNow) // the clock has not moved
			want(t, "the successor's first", judged(peer, last()), None)
			want(t, "and heard by itself", judged(rules, last()), None)
		})
	}
}

// Marks of senders that are no peers any more are left out.
func TestMarksOfStrangers(t *testing.T) {
	f := findForm(t, "v3-ipv4-hmac")
	s, r := unused(t, f), f.rules(t)
	var none Marks
	none.Restore(s, r)
	if got := MarksOf(s, r); !reflect.DeepEqual(got, none) {
		t.Errorf("nothing became %+v", got)
	}
	settings := f.settings
	settings.Peers = []Peer{{Addr: from4}}
	r, err := NewRules(settings)
	if err != nil {
		t.Fatal(err)
	}
	m := Marks{Senders: []SenderMark{{from6, 7}, {from4, 9}}}
	m.Restore(s, r)
	if got := MarksOf(s, r).Senders; len(got) != 1 || got[0] != (SenderMark{from4, 9}) {
		t.Errorf("%+v", got)
	}
}
