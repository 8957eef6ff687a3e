package egress

import "testing"

func BenchmarkMulticast(b *testing.B) {
	_, out, far := pair(b)
	far.Close()
	advert := datagram4(group4, 20)
	b.ReportAllocs()
	for b.Loop() {
		if err := out.Multicast(advert); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBatchOf1000(b *testing.B) {
	_, out, far := pair(b)
	far.Close()
	batch := make([]Frame, 1000)
	for i := range batch {
		batch[i].IP = datagram4(group4, 20)
	}
	b.ReportAllocs()
	for b.Loop() {
		if n := out.SendBatch(batch); n != len(batch) {
			b.Fatal(n)
		}
	}
}
