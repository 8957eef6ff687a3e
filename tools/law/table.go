package law

// Module is the path of this module.
const Module = "github.com/xvrrp/xvrrp"

// Rule says what one package may import. Paths are relative to Module for our
// own packages, whole for others. A trailing /... means everything below.
type Rule struct {
	// Pure packages import a short list of the standard library only, and
	// none of its clocks, sockets or locks.
	Pure bool
	// Own are the packages of this module that may be imported.
	Own []string
	// Modules are the foreign modules that may be imported.
	Modules []string
}

// pure is what a pure package may import from the standard library: types
// and sums. package time is there for its types; the scan refuses its clocks.
var pure = []string{
	"bytes", "cmp", "crypto/hmac", "crypto/md5", "crypto/sha256", "crypto/subtle", "encoding", "encoding/binary",
	"encoding/hex", "errors", "fmt", "hash", "io", "iter", "maps", "math", "math/bits", "net/netip", "slices", "sort", "strconv", "strings", "time",
}

const (
	netlink = "github.com/vishvananda/netlink"
	ebpf    = "github.com/cilium/ebpf"
	xsys    = "golang.org/x/sys"
	xnet    = "golang.org/x/net"
	arp     = "github.com/mdlayher/arp"
	ndp     = "github.com/mdlayher/ndp"
	packet  = "github.com/mdlayher/packet"
	prom    = "github.com/prometheus"
	nft     = "github.com/google/nftables"
)

// Rules is the package map as law. A package that is not in it may not exist.
var Rules = map[string]Rule{
	"pkg/vrrp/wire": {Pure: true},
	"pkg/vrrp":      {Pure: true, Own: []string{"pkg/vrrp/wire"}},

	"internal/keepalived": {},
	"internal/config":     {Own: []string{"pkg/vrrp", "pkg/vrrp/wire", "internal/keepalived"}},
	"internal/engine":     {Own: []string{"pkg/vrrp", "pkg/vrrp/wire", "internal/bell"}},

	// Shared by two each: how a program is started, where a daemon lives, which
	// network a socket belongs to, how the loop thread wakes goroutines, what an interrupted list means,
	// whose news is our own, what a socket lets in, what systemd says.
	"internal/bell":       {Modules: []string{xsys}},
	"internal/command":    {Modules: []string{xsys}},
	"internal/dump":       {Modules: []string{netlink}},
	"internal/echo":       {Own: []string{"internal/sockfilter"}, Modules: []string{xnet, xsys}},
	"internal/netspace":   {Modules: []string{xsys}},
	"internal/rundir":     {Modules: []string{xsys}},
	"internal/sockfilter": {Modules: []string{xnet, xsys}},
	"internal/stamp":      {Modules: []string{xsys}},
	"internal/systemd":    {},

	// Shells: one facility and one library each; never another shell, the
	// engine, the settings or the election.
	"internal/datapath": {Own: []string{"internal/dump", "internal/sockfilter", "pkg/vrrp/wire"}, Modules: []string{ebpf, xnet, xsys, netlink}},
	"internal/ifstate":  {Own: []string{"internal/dump", "internal/echo"}, Modules: []string{netlink, xsys}},
	"internal/address":  {Own: []string{"internal/dump", "internal/echo"}, Modules: []string{netlink, xsys}},
	"internal/vmac":     {Own: []string{"internal/dump"}, Modules: []string{netlink, xsys}},
	"internal/accept":   {Modules: []string{nft, xsys}},
	"internal/egress":   {Own: []string{"pkg/vrrp/wire"}, Modules: []string{xnet, xsys}},
	"internal/nexthop":  {Own: []string{"internal/netspace", "internal/solicit"}, Modules: []string{netlink, arp, ndp, packet, xnet, xsys}},
	"internal/announce": {Own: []string{"internal/netspace"}, Modules: []string{arp, ndp, xnet, xsys}},
	"internal/track":    {Own: []string{"internal/command", "internal/systemd"}, Modules: []string{xsys, netlink}},
	"internal/notify":   {Own: []string{"internal/command"}, Modules: []string{xsys}},
	"internal/control":  {Modules: []string{xsys}},
	"internal/pulse":    {Modules: []string{xsys}},
	"internal/metrics":  {Own: []string{"pkg/vrrp/wire"}, Modules: []string{prom, xsys}},
	"internal/survey":   {Own: []string{"internal/sockfilter", "internal/stamp", "internal/solicit", "pkg/vrrp/wire"}, Modules: []string{netlink, arp, ndp, packet, xnet, xsys}},
	"internal/overhear": {Own: []string{"internal/sockfilter", "internal/stamp", "pkg/vrrp/wire"}, Modules: []string{xnet, xsys}},
	"internal/prober":   {Own: []string{"internal/sockfilter", "internal/stamp", "internal/netspace", "internal/solicit"}, Modules: []string{arp, ndp, xnet, xsys}},
	"internal/stage":    {Modules: []string{netlink, xsys}},
	"internal/solicit":  {Modules: []string{ndp, xsys}},
	"internal/realtime": {Modules: []string{xsys}},
	"internal/doctor":   {Own: []string{"internal/dump", "pkg/vrrp/wire"}, Modules: []string{netlink, arp, nft, ebpf, xsys}},

	"internal/neighbours": {Own: []string{"internal/dump"}, Modules: []string{netlink, xsys}},

	// The lab makes test hosts; testnet wraps it for tests.
	"internal/lab":     {Own: []string{"internal/dump", "pkg/vrrp/wire"}, Modules: []string{netlink, "github.com/vishvananda/netns", nft, arp, ndp, packet, xnet, xsys}},
	"internal/testnet": {Own: []string{"internal/lab"}},

	// daemon joins the shells to the engine; cmd is flags, signals, exits.
	"internal/daemon": {Own: []string{"pkg/...", "internal/..."}, Modules: []string{"github.com/coreos/go-systemd", prom, xsys, netlink}},
	"internal/show":   {Own: []string{"internal/control", "internal/survey", "internal/doctor"}},
	"internal/page":   {},
	"internal/demo":   {Own: []string{"pkg/...", "internal/lab", "internal/survey", "internal/control"}, Modules: []string{xsys, xnet}},
	"cmd/xvrrp":       {Own: []string{"pkg/...", "internal/..."}, Modules: []string{"github.com/urfave/cli/v2", xsys}},

	"tools/law": {},
	// The suite on other kernels, and the first process of those.
	"tools/kernels":       {},
	"tools/kernels/guest": {Modules: []string{xsys}},

	"tools/bench": {Own: []string{"internal/lab", "internal/sockfilter", "pkg/..."}, Modules: []string{xsys, xnet, netlink}},
	"test":        {Own: []string{"internal/testnet", "internal/lab"}},
}

// TestOnly lists what only _test.go files may import.
var TestOnly = []string{"internal/testnet", "github.com/cockroachdb/datadriven", "github.com/google/go-cmp"}
