package wire

import (
	"testing"
	"time"
)

// TestAllocations: one advert costs no allocation, whatever its form. The clock
// moves on, so that signed adverts are no replays.
func TestAllocations(t *testing.T) {
	for _, f := range forms(t) {
		t.Run(f.name, func(t *testing.T) {
			signer, rules := f.signer(t), []*Rules{f.rules(t)}
			advert := f.advert
			advert.Signer = signer
			buffer := make([]byte, 0, 2048)
			template, err := NewTemplate(&advert)
			if err != nil {
				t.Fatal(err)
			}
			now := testNow
			tick := func() { now = now.Add(10 * time.Millisecond); signer.Next(now) }
			noAllocation(t, "Append", func() {
				tick()
				buffer = advert.Append(buffer[:0])
			})
			noAllocation(t, "Template.Next", func() {
				tick()
				template.Next(7, 42)
			})
			noAllocation(t, "Append, Open, Find, Check", func() {
				tick()
				buffer = advert.Append(buffer[:0])
				p, _ := Open(buffer)
				i, reject := Find(&p, rules)
				if reject == None {
					_, reject = rules[i].Check(&p, now)
				}
				if reject != None {
					t.Fatal(reject)
				}
				for i := range p.Count() {
					p.Address(i)
				}
			})
			buffer[len(buffer)-1] ^= 1
			noAllocation(t, "refusing", func() {
				p, _ := Open(buffer)
				if _, reject := rules[0].Check(&p, now); reject == None {
					t.Fatal("a changed advert was accepted")
				}
			})
		})
	}
}

func noAllocation(t *testing.T, what string, f func()) {
	t.Helper()
	if n := testing.AllocsPerRun(200, f); n != 0 {
		t.Errorf("%s allocates %v times", what, n)
	}
}

// An address list in another order is compared without allocating too.
func TestAllocationsOtherOrder(t *testing.T) {
	f := newForm("", IPv4, V3, 255, false, Auth{})
	f.advert.Addresses = append(virtual(IPv4, 255)[1:], virtual(IPv4, 1)...)
	b, r := f.datagram(t), f.rules(t)
	noAllocation(t, "Check", func() {
		p, _ := Open(b)
		if w, reject := r.Check(&p, testNow); w != 0 || reject != None {
			t.Fatal(w, reject)
		}
	})
}
