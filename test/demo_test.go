package test

import (
	"strings"
	"testing"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// `make demo` tells a story whose figures are of what it tells: the client is
// answered again by the one that took over, not by the dead one's last breath.
func TestDemo(t *testing.T) {
	t.Parallel()
	p := testnet.New(t).Host("demo").Start(binary, "demo")
	if err := p.Wait(2 * patience); err != nil {
		t.Fatalf("%v\n%s", err, p.Output())
	}
	rest := p.Output()
	for _, fact := range []string{
		"director-a holds 192.0.2.100", "director-a dies", "director-b holds 192.0.2.100", "director-a comes back", "director-a holds 192.0.2.100",
		"director-a is stopped in order", "director-b holds 192.0.2.100", "longest silence when the active director died", "No rule was added",
	} {
		_, after, found := strings.Cut(rest, fact)
		if !found {
			t.Fatalf("it does not say %q (in this order):\n%s", fact, p.Output())
		}
		rest = after
	}
	again := strings.Index(p.Output(), "the client is answered again")
	if _, after, _ := strings.Cut(p.Output(), "director-a dies"); again < len(p.Output())-len(after)+strings.Index(after, "director-b holds") {
		t.Errorf("the client is answered again before director-b holds the address:\n%s", p.Output())
	}
}
