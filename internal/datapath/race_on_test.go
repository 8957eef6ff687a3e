//go:build race

package datapath

// The race detector allocates where the code does not.
const raceAllocations = 4
