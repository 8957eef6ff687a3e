//go:build race

package config

// raceFactor is how much slower the race detector makes a text bomb.
const raceFactor = 10
