package keepalived

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
)

// predefined is the value of a name that nobody defined.
func (p *parser) predefined(l line, u use) (string, bool) {
	if u.args != "" && (!u.braces || u.name != "_ENV" && u.name != "_RANDOM") {
		return "", false
	}
	switch u.name {
	case "_PWD":
		return p.directory(l.file), true
	case "_INSTANCE":
		return p.id, true
	case "_HASH":
		return "#", true
	case "_BANG":
		return "!", true
	case "_RANDOM":
		return p.random(strings.Fields(u.args))
	case "_ENV":
		if u.args == "" || strings.ContainsAny(u.args, " \t") {
			return "", false
		}
		return p.environment(l, u)
	}
	return "", false
}

// environment is ${_ENV NAME}. A variable that is not set is empty.
func (p *parser) environment(l line, u use) (string, bool) {
	v, set := p.opt.Env(u.args)
	if !set {
		v = ""
		p.warn(l, u.start, "environment", fmt.Sprintf("the environment has no variable %s; it is replaced by nothing", u.args),
			"set it where the daemon is started, also for a check")
	}
	return v, !strings.ContainsAny(v, "\n\x00")
}

// directory is where a file lies; absolute when it is a real one, as
// keepalived changes into it.
func (p *parser) directory(file string) string {
	dir := filepath.Dir(file)
	if p.realFiles {
		if abs, err := filepath.Abs(dir); err == nil {
			return abs
		}
	}
	return dir
}

// random is ${_RANDOM}, ${_RANDOM max} or ${_RANDOM min max}.
func (p *parser) random(args []string) (string, bool) {
	low, high := 0, 32767
	var n []int
	for _, a := range args {
		v, err := strconv.Atoi(a)
		if err != nil {
			return "", false
		}
		n = append(n, v)
	}
	switch len(n) {
	case 0:
	case 1:
		high = n[0]
	default:
		low, high = n[0], n[1]
	}
	if low < 0 || high < low {
		return "", false
	}
	if p.dice == nil {
		p.seed(rand.Uint64())
	}
	return strconv.FormatInt(int64(low)+p.dice.Int64N(int64(high-low)+1), 10), true
}

// seed makes ${_RANDOM} repeatable from here on.
func (p *parser) seed(n uint64) { p.dice = rand.New(rand.NewPCG(n, n)) }
