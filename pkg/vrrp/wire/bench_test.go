package wire

import (
	"testing"
	"time"
)

// BenchmarkReceive is Open, Find and Check of one advert. The receivers of
// signed adverts use modes that let the same one in again: that costs the same.
func BenchmarkReceive(b *testing.B) {
	for _, f := range forms(b) {
		b.Run(f.name, func(b *testing.B) {
			datagram, rules := f.datagram(b), []*Rules{f.rules(b)}
			b.ReportAllocs()
			b.SetBytes(int64(len(datagram)))
			for b.Loop() {
				rules[0].sequence = 0
				clear(rules[0].marks[:])
				for i := range rules[0].peers {
					rules[0].peers[i].mark = mark{}
				}
				p, _ := Open(datagram)
				i, reject := Find(&p, rules)
				if reject == None {
					_, reject = rules[i].Check(&p, testNow)
				}
				if reject != None {
					b.Fatal(reject)
				}
			}
		})
	}
}

// BenchmarkSend is one advert from an Advert and from its Template.
func BenchmarkSend(b *testing.B) {
	for _, f := range forms(b) {
		advert, signer := f.advert, f.signer(b)
		advert.Signer = signer
		b.Run(f.name+"/append", func(b *testing.B) {
			buffer := make([]byte, 0, 2048)
			b.ReportAllocs()
			for b.Loop() {
				signer.Next(testNow)
				buffer = advert.Append(buffer[:0])
			}
		})
		b.Run(f.name+"/template", func(b *testing.B) {
			template, err := NewTemplate(&advert)
			if err != nil {
				b.Fatal(err)
			}
			var id uint16
			b.ReportAllocs()
			for b.Loop() {
				id++
				signer.Next(testNow)
				template.Next(id, 150)
			}
		})
	}
}

// BenchmarkOpen is what a datagram costs that is not for us.
func BenchmarkOpen(b *testing.B) {
	datagram := newForm("", IPv4, V3, 2, false, Auth{}).datagram(b)
	for b.Loop() {
		Open(datagram)
	}
}

// BenchmarkNext is the sequence of a signer alone.
func BenchmarkNext(b *testing.B) {
	signer := findForm(b, "v3-ipv4-hmac").signer(b)
	now := testNow
	for b.Loop() {
		now = now.Add(time.Millisecond)
		signer.Next(now)
	}
}
