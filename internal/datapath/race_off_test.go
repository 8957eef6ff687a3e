//go:build !race

package datapath

const raceAllocations = 0
