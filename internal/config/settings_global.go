package config

import (
	"net/netip"
	"time"
)

// DefaultUmask is the umask where the file names none.
const DefaultUmask = 0o177

// Global is global_defs.
type Global struct {
	// RouterID is a free text. Default: the host's name at load.
	RouterID string
	// ScriptUser and ScriptGroup are script_user; empty: keepalived_script if
	// there is such a user, else the daemon's own.
	ScriptUser, ScriptGroup string
	// ScriptSecurity is enable_script_security.
	ScriptSecurity bool
	// Symlinks is use_symlink_paths.
	Symlinks            bool
	SupplementaryGroups bool
	Startup, Shutdown   Command
	// StartupTimeout and ShutdownTimeout are 1..1000 s. Default 10 s.
	StartupTimeout, ShutdownTimeout time.Duration

	// DefaultInterface is for addresses without an interface. Default eth0.
	DefaultInterface string
	// DynamicInterfaces: configured interfaces may be absent; they count as
	// down until they appear. InterfacesMayChange is its allow_if_changes.
	DynamicInterfaces   bool
	InterfacesMayChange bool

	// Nice is vrrp_priority, -20..19; HasNice false leaves it alone.
	Nice    int
	HasNice bool
	// RTPriority is vrrp_rt_priority, 1..99; 0 means not asked for.
	RTPriority int
	// MaxAutoPriority is -1..99; -1 and 0 mean off.
	MaxAutoPriority int
	// MinAutoPriorityDelay is how late a timer must be. Default 1 s.
	MinAutoPriorityDelay time.Duration
	NoSwap               bool
	// CPUAffinity lists CPU numbers; empty means all.
	CPUAffinity []int
	// RTTimeLimit is vrrp_rlimit_rttime. Default 10 ms.
	RTTimeLimit time.Duration
	// Umask is 0..0777. Default 0177. UmaskNamed: the file says so.
	Umask      uint32
	UmaskNamed bool

	// McastGroup4 and McastGroup6 are the default groups.
	McastGroup4, McastGroup6 netip.Addr
	// GARPInterval and GNAInterval are gaps between announcements on one
	// interface; 0 means none.
	GARPInterval, GNAInterval time.Duration
	// StartupDelay is vrrp_startup_delay: adverts are discarded and nothing
	// runs until then. DelayAfterBoot counts from system boot; the longer
	// of both holds.
	StartupDelay, DelayAfterBoot time.Duration
	LogUnknownVRIDs              bool
	// VMACPrefix starts generated interface names. Default "vrrp".
	VMACPrefix string
	// VMACAddrPrefix is the same for interfaces of addresses that are not on
	// the instance's own; empty means VMACPrefix.
	VMACAddrPrefix string
	// NoIGMP is disable_local_igmp.
	NoIGMP bool

	// NotifyFIFO gets every event; VRRPNotifyFIFO the VRRP events only.
	NotifyFIFO, VRRPNotifyFIFO FIFO
	// FIFOStatesOnReload writes every state after a reload.
	FIFOStatesOnReload bool

	// DataFile, StatsFile and JSONFile are where dumps go. Defaults
	// /tmp/keepalived.data, .stats, .json.
	DataFile, StatsFile, JSONFile string
	// JSONVersion is 1 or 2. Default 1.
	JSONVersion     int
	DataUseInstance bool
	// ReloadCheck is reload_check_config. xvrrp always checks first.
	ReloadCheck bool
	// ReloadTimeFile and ReloadFile are paths, empty means off.
	ReloadTimeFile, ReloadFile string
	ReloadRepeat               bool

	// NetNamespace is net_namespace, empty means the daemon's own.
	NetNamespace string
	// InstanceName is `instance`, the name of this daemon.
	InstanceName string
	UsePIDDir    bool
	// ChildWait is child_wait_time. Default 5 s.
	ChildWait time.Duration

	// Mail settings are read and not served.
	Mail Mail
	// LinkPolling lists the interfaces of linkbeat_interfaces; xvrrp uses
	// netlink events whatever is listed.
	LinkPolling []string
	// Firewall words are kept so that `xvrrp config` shows them; xvrrp drops
	// packets for no_accept by itself.
	Firewall []Option
	// Unserved are further words that were read, checked and have no effect.
	Unserved []Option
	Pos      Pos
}

// FIFO is notify_fifo or vrrp_notify_fifo.
type FIFO struct {
	// Path is empty when there is no FIFO.
	Path        string
	User, Group string
	// Script is started with Path as its last argument.
	Script Command
}

// Mail is what global_defs says about mail.
type Mail struct {
	To   []string
	From string
	// Server is an address literal; Port 25 by default.
	Server         netip.Addr
	Port           uint16
	Helo           string
	ConnectTimeout time.Duration
	Alert          bool
	AlertVRRP      bool
	NoFaults       bool
}
