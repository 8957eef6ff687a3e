package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/features"
	"golang.org/x/sys/unix"
)

// Gather looks at the host, from within the network namespace of the calling
// thread. pid is the daemon's, 0 when none runs. It changes nothing; what it
// may not read is told in Unread.
func Gather(n Needs, pid int) Facts {
	f := Facts{Sysctl: map[string]string{}}
	f.sysctls(n)
	f.network()
	rules, err := ReadRules()
	f.Rules = rules
	f.cannot("the firewall", err)
	f.LegacyTables = append(lines("/proc/thread-self/net/ip_tables_names"), lines("/proc/thread-self/net/ip6_tables_names")...)
	f.Kernel = kernel()
	f.Clocksource = word("/sys/devices/system/clocksource/clocksource0/current_clocksource")
	f.Vendor = strings.TrimSpace(word("/sys/class/dmi/id/sys_vendor") + " " + word("/sys/class/dmi/id/product_name") + " " + word("/sys/class/dmi/id/chassis_asset_tag"))
	f.SELinux = map[string]string{"1": "enforcing", "0": "permissive"}[word("/sys/fs/selinux/enforce")]
	f.CPU = cpu(pid)
	f.Keepalived = keepalived()
	return f
}

// cannot notes an error.
func (f *Facts) cannot(what string, err error) {
	if err != nil {
		f.Unread = append(f.Unread, fmt.Sprintf("%s: %v", what, err))
	}
}

func (f *Facts) sysctls(n Needs) {
	paths := []string{
		"net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding", "net/ipv4/ip_nonlocal_bind",
		"net/ipv4/neigh/default/gc_thresh3", "net/ipv6/neigh/default/gc_thresh3", "net/ipv6/conf/all/disable_ipv6",
	}
	entries, err := os.ReadDir("/proc/sys/net/ipv4/conf")
	f.cannot("sysctl", err)
	for _, e := range entries {
		for _, key := range []string{"arp_ignore", "arp_announce", "rp_filter"} {
			paths = append(paths, "net/ipv4/conf/"+e.Name()+"/"+key)
		}
	}
	for _, name := range n.interfaces() {
		paths = append(paths, "net/ipv6/conf/"+name+"/disable_ipv6")
	}
	for _, path := range paths {
		if b, err := os.ReadFile(filepath.Join("/proc/sys", path)); err == nil {
			f.Sysctl[path] = strings.TrimSpace(string(b))
		} else if !errors.Is(err, fs.ErrNotExist) {
			f.cannot("sysctl", err)
		}
	}
}

// word is the text of a small file, empty when it is not there.
func word(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

func lines(path string) []string {
	return strings.Fields(word(path))
}

func kernel() Kernel {
	var k Kernel
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		k.Release = unix.ByteSliceToString(name.Release[:])
	}
	k.XDP = why(features.HaveProgramType(ebpf.XDP))
	k.Ring = why(features.HaveMapType(ebpf.RingBuf))
	k.BPFFS = why(bpffs())
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		err = unix.Close(fd)
	}
	k.PacketSend = why(err)
	return k
}

func why(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func bpffs() error {
	const path = "/sys/fs/bpf"
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return err
	}
	if uint32(st.Type) != unix.BPF_FS_MAGIC {
		return errors.New("no BPF file system is mounted there")
	}
	return unix.Access(path, unix.W_OK)
}

// keepalived finds the processes of that name in our network namespace.
func keepalived() []int {
	ours, err := os.Readlink("/proc/thread-self/ns/net")
	if err != nil {
		return nil
	}
	found, err := filepath.Glob("/proc/[0-9]*/comm")
	if err != nil {
		return nil
	}
	var pids []int
	for _, path := range found {
		if word(path) != "keepalived" {
			continue
		}
		dir := filepath.Dir(path)
		if ns, err := os.Readlink(dir + "/ns/net"); err != nil || ns != ours {
			continue // elsewhere, or just gone
		}
		var pid int
		if _, err := fmt.Sscan(filepath.Base(dir), &pid); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}
