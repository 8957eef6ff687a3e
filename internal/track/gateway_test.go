package track

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain also serves as a daemon in another namespace that checks one
// gateway, or asks for process events, and says what it found.
func TestMain(m *testing.M) {
	if os.Getenv("XVRRP_TEST_EVENTS") != "" {
		_, err := listenProcesses()
		fmt.Println("found:", err)
		return
	}
	target, asked := os.LookupEnv("XVRRP_TEST_GATEWAY")
	if !asked {
		os.Exit(m.Run())
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	fmt.Println("found:", gatewayAnswers(ctx, target))
}

// link makes two namespaces, us (192.0.2.1, 2001:db8::1) and them (.2), with a
// link between. Both are gone at the end.
func link(t *testing.T) (us, them string) {
	t.Helper()
	us, them = fmt.Sprintf("xvt-%d-us", os.Getpid()), fmt.Sprintf("xvt-%d-them", os.Getpid())
	for _, ns := range []string{us, them} {
		ip(t, "netns", "add", ns)
		t.Cleanup(func() { ip(t, "netns", "del", ns) })
	}
	ip(t, "-n", us, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", them)
	for ns, end := range map[string]string{us: "1", them: "2"} {
		ip(t, "-n", ns, "addr", "add", "192.0.2."+end+"/24", "dev", "eth0")
		ip(t, "-n", ns, "addr", "add", "2001:db8::"+end+"/64", "dev", "eth0", "nodad")
		ip(t, "-n", ns, "link", "set", "eth0", "up")
	}
	return us, them
}

func ip(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

func inNamespace(t *testing.T, ns, target string) string {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.Command("ip", "netns", "exec", ns, exe)
	cmd.Env = append(os.Environ(), "XVRRP_TEST_GATEWAY="+target)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestGateway(t *testing.T) {
	us, them := link(t)
	check := func(target, want string) {
		t.Helper()
		if got := inNamespace(t, us, target); !strings.Contains(got, want) {
			t.Errorf("%q: %s, want %q", target, got, want)
		}
	}
	check("", "no default route")
	check("192.0.2.2", "found: <nil>")
	check("2001:db8::2", "found: <nil>")
	check("192.0.2.3", "gateway 192.0.2.3 on eth0 does not answer (")

	ip(t, "-n", us, "route", "add", "default", "via", "192.0.2.2", "metric", "20")
	ip(t, "-n", us, "route", "add", "default", "via", "192.0.2.3", "metric", "30") // worse: not asked
	check("", "found: <nil>")

	// A gateway that ignores pings still answers ARP.
	quiet := exec.Command("ip", "netns", "exec", them, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all")
	if out, err := quiet.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	check("192.0.2.2", "found: <nil>")

	ip(t, "-n", them, "link", "set", "eth0", "down")
	check("", "gateway 192.0.2.2 on eth0 does not answer (")
	check("2001:db8::2", "does not answer (")
}

func TestDefaultRoute(t *testing.T) {
	b := []byte{syscall.AF_INET, 0, 0, 0, syscall.RT_TABLE_MAIN, 0, 0, syscall.RTN_UNICAST, 0, 0, 0, 0,
		8, 0, syscall.RTA_GATEWAY, 0, 192, 0, 2, 1, 8, 0, syscall.RTA_OIF, 0, 7, 0, 0, 0, 8, 0, syscall.RTA_PRIORITY, 0, 9, 0, 0, 0}
	m := syscall.NetlinkMessage{Header: syscall.NlMsghdr{Type: syscall.RTM_NEWROUTE}, Data: b}
	if r, ok := defaultRoute(m); !ok || r != (route{netip.MustParseAddr("192.0.2.1"), 7, 9}) {
		t.Errorf("%+v, %v", r, ok)
	}
	for at, v := range map[int]byte{1: 24, 4: syscall.RT_TABLE_LOCAL, 7: syscall.RTN_BLACKHOLE} {
		other := append([]byte(nil), b...)
		other[at] = v
		m.Data = other
		if _, ok := defaultRoute(m); ok {
			t.Errorf("byte %d = %d was taken for a default route", at, v)
		}
	}
}

func TestARPMessages(t *testing.T) {
	h := neighbor{
		addr: netip.MustParseAddr("192.0.2.2"), src: netip.MustParseAddr("192.0.2.1"),
		iface: &net.Interface{HardwareAddr: net.HardwareAddr{2, 0, 0, 0, 0, 1}},
	}
	want := "000108000604000102000000" + "0001c0000201" + "000000000000" + "c0000202"
	if got := fmt.Sprintf("%x", arpRequest(h)); got != want {
		t.Errorf("request %s, want %s", got, want)
	}
	reply := append([]byte{0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0, 2, 192, 0, 2, 2}, make([]byte, 10)...)
	if !isReply(reply, h.addr) || isReply(reply, h.src) || isReply(reply[:27], h.addr) || isReply(arpRequest(h), h.src) {
		t.Error("wrong idea of a reply")
	}
	if checksum([]byte{0, 1, 0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7}) != 0x220d { // RFC 1071's example, complemented
		t.Error("checksum")
	}
}
