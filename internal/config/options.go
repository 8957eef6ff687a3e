package config

import (
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"os/user"
	"strings"
	"syscall"

	"github.com/xvrrp/xvrrp/internal/keepalived"
)

// Options say what Load may know about the host. The zero value looks at
// nothing but the files, which is what checking another node's file needs.
type Options struct {
	// ConfigID is compared with @id prefixes; empty means Hostname up to its
	// first dot.
	ConfigID string
	// Hostname is the default of router_id; empty means os.Hostname.
	Hostname string
	// Env looks up ${_ENV NAME}; nil means os.LookupEnv.
	Env func(name string) (string, bool)
	// Files is where the text comes from; nil means the operating system.
	Files keepalived.FileSystem
	// Interfaces lists the host's interfaces; nil means that the file is not
	// for this host, and what it says about interfaces is believed.
	Interfaces func() ([]HostInterface, error)
	// User and Group report whether an account exists; nil: believed.
	User, Group func(name string) error
	// LinkGroup reports whether a group of interfaces has that name; nil: believed.
	LinkGroup func(name string) error
	// Executable reports why a script cannot be run; nil: believed. Names
	// without a slash are looked up in PATH.
	Executable func(path string) error
	// Insecure reports who else but root could change a program that would run as that user (empty: as root); nil: believed.
	Insecure func(path, user string) error
	// ReadKey reads the file of `key ID file:PATH` and says its mode; nil: the
	// file is not opened and the key stays empty.
	ReadKey func(path string) ([]byte, fs.FileMode, error)
}

// HostInterface is what Load wants to know of an interface.
type HostInterface struct {
	Name     string
	MTU      int
	Loopback bool
	// Prefixes are the addresses with their lengths.
	Prefixes []netip.Prefix
}

// ThisHost returns Options that look at the host Load runs on.
func ThisHost() Options {
	return Options{
		Interfaces: hostInterfaces,
		User:       hostUser,
		Group:      hostGroup,
		LinkGroup:  hostLinkGroup,
		ReadKey:    hostKey,
	}
}

func hostInterfaces() ([]HostInterface, error) {
	list, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list interfaces: %w", err)
	}
	var out []HostInterface
	for _, i := range list {
		h := HostInterface{Name: i.Name, MTU: i.MTU, Loopback: i.Flags&net.FlagLoopback != 0}
		addrs, err := i.Addrs()
		if err != nil {
			return nil, fmt.Errorf("list addresses of %s: %w", i.Name, err)
		}
		for _, a := range addrs {
			// Addresses that are no IP networks (none today) are not ours.
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				h.Prefixes = append(h.Prefixes, p)
			}
		}
		out = append(out, h)
	}
	return out, nil
}

func hostUser(name string) error {
	if isDigits(name) {
		return nil
	}
	_, err := user.Lookup(name)
	return err
}

func hostGroup(name string) error {
	if isDigits(name) {
		return nil
	}
	_, err := user.LookupGroup(name)
	return err
}

func hostKey(path string) ([]byte, fs.FileMode, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, &fs.PathError{Op: "read", Path: path, Err: syscall.EINVAL}
	}
	data, err := os.ReadFile(path)
	return data, info.Mode(), err
}

func isDigits(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}
