package datapath

import "github.com/cilium/ebpf"

// possibleCPUs is how many values an entry of a per-CPU map has.
func possibleCPUs() int { return ebpf.MustPossibleCPU() }
