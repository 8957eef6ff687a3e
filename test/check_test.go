package test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// server answers HTTP on an address of the node, or on a unix socket; the
// connections of a check of another kind, too.
func (n *node) server(network, address string) (end func()) {
	n.t.Helper()
	var l net.Listener
	n.Do(func() {
		var err error
		if l, err = net.Listen(network, address); err != nil {
			n.t.Error(err)
		}
	})
	if l == nil {
		n.t.FailNow()
	}
	s := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Serve(l); err != http.ErrServerClosed {
			n.t.Errorf("the server: %v", err)
		}
	}()
	return func() {
		if err := s.Close(); err != nil {
			n.t.Error(err)
		}
		<-done
	}
}

// Every kind of built-in check in the daemon that systemd runs as the packages
// install it: what it looks at goes, comes and goes, and with it the address of
// the instance that needs it.
func TestBuiltInChecks(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	n := l.a.boot()
	sock, pid := filepath.Join(n.dir, "sock"), filepath.Join(n.dir, "pid")
	const unit = "/run/systemd/system/needed.service"
	if out, err := n.inside("sh", "-c", `printf '[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/sleep 1000\n' > `+unit); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	n.must("daemon-reload")
	var ends []func()
	serve := func(network, address string) func() {
		return func() { ends = append(ends, n.server(network, address)) }
	}
	stop := func() { ends[0](); ends = ends[1:] }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	checks := []struct {
		name, target string
		well, ill    func()
	}{
		{"tcp", "127.0.0.1:8001", serve("tcp", "127.0.0.1:8001"), stop},
		{"http", "http://127.0.0.1:8002/", serve("tcp", "127.0.0.1:8002"), stop},
		{"unix", sock, serve("unix", sock), stop},
		{"pidfile", pid, func() { n.write("pid", "1\n") }, func() { must(os.Remove(pid)) }},
		{"systemd", "needed.service", func() { n.must("start", "needed") }, func() { n.must("stop", "needed") }},
		{"gateway", l.c.ip, func() { l.c.Up("eth0") }, func() { l.c.Down("eth0") }},
	}
	var own, conf strings.Builder
	vip := func(i int) string { return fmt.Sprintf("10.9.1.%d", i+1) }
	for i, c := range checks {
		fmt.Fprintf(&own, "    check %s {\n        %[1]s %s\n        interval 200ms\n        timeout 10s\n    }\n", c.name, c.target)
		fmt.Fprintf(&conf, "vrrp_instance %s {\n interface eth0\n virtual_router_id %d\n version 3\n advert_int 0.1\n priority 100\n virtual_ipaddress {\n %s/32\n }\n track_script {\n %[1]s\n }\n}\n",
			c.name, i+1, vip(i))
	}
	conf.WriteString("vrrp_instance weighed {\n interface eth0\n virtual_router_id 100\n version 3\n advert_int 0.1\n priority 100\n virtual_ipaddress {\n 10.9.1.100/32\n }\n track_script {\n pidfile weight -20\n }\n}\n")
	checks[len(checks)-1].ill() // the host is there already
	n.write("keepalived.conf", conf.String()+"xvrrp {\n"+own.String()+"}\n")
	n.must("start", "xvrrp")
	l.owned("10.9.1.100", "a", patience)
	n.says("(weighed) Changing effective priority from 100 to 80", 1)
	for i, c := range checks {
		l.owned(vip(i), "", patience)
		if strings.Contains(n.output(), "("+c.name+") Entering MASTER STATE") {
			t.Errorf("%s was master although its check never passed", c.name)
		}
	}
	for i, c := range checks {
		c.well()
		l.owned(vip(i), "a", patience)
	}
	n.says("(weighed) Changing effective priority from 80 to 100", 1)
	for i, c := range checks {
		c.ill()
		l.owned(vip(i), "", patience)
	}
	n.says("(weighed) Changing effective priority from 100 to 80", 2)
	n.must("stop", "xvrrp")
}
