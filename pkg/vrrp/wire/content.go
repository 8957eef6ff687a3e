package wire

// complete checks the length and the checksum, and returns the trailer when
// there is one and we use HMAC.
func (r *Rules) complete(p *Packet) (trailer []byte, reject Reject) {
	if len(r.keys) > 0 {
		trailer, _ = p.trailer()
	}
	if trailer == nil && len(p.Message()) != p.messageLen() {
		return nil, LengthMismatch
	}
	old := r.settings.OldUnicastChecksum && r.unicast()
	p.form = p.checksumForm(r.settings.Checksum, old, trailer != nil)
	if p.form == NoForm {
		return nil, Checksum
	}
	return trailer, None
}

// content checks what an authentic advert says.
func (r *Rules) content(p *Packet) (w Warnings, reject Reject) {
	v3 := p.Version() == V3
	interval := p.intervalField()
	switch {
	case v3 && p.Count() == 0: // RFC 9568 erratum 8299
		return 0, CountZero
	case v3 && interval == 0: // RFC 9568 erratum 8301
		return 0, IntervalZero
	case !v3 && interval != r.interval: // RFC 3768 §7.1
		return 0, IntervalMismatch
	}
	if p.family == IPv6 && !p.Address(0).IsLinkLocalUnicast() { // RFC 9568 erratum 8300
		if r.settings.StrictFirstLinkLocal {
			return 0, FirstAddressNotLinkLocal
		}
		w |= WarnFirstAddressNotLinkLocal
	}
	if r.settings.Owner { // RFC 9568 erratum 8298
		w |= WarnOwnerConflict
	}
	if interval != r.interval {
		w |= WarnIntervalMismatch
	}
	if !r.addresses.equal(p) {
		if !v3 && r.settings.StrictAddressList && p.Priority() != PriorityOwner {
			return 0, AddressListMismatch
		}
		w |= WarnAddressListMismatch
	}
	return w, None
}
