package datapath

// Verdict is what became of one packet.
type Verdict uint32

// String returns the metric label.
func (v Verdict) String() string { return "" }

// ClaimKind is the kind of message that a Claim was seen in.
type ClaimKind uint32

// String returns a short word such as "gratuitous_arp".
func (k ClaimKind) String() string { return "" }
