package vrrp

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

func rejectName(reason int) string { return wire.Reject(reason).String() }

// parseConfig changes the settings that are named.
func parseConfig(args arguments, cfg Config) (Config, error) {
	for key, value := range args.values {
		if err := parseSetting(&cfg, key, value); err != nil {
			return cfg, fmt.Errorf("%s=%s: %w", key, value, err)
		}
	}
	if cfg.Primary.Is6() {
		cfg.Family = wire.IPv6
	}
	return cfg, nil
}

func parseSetting(cfg *Config, key, value string) (err error) {
	switch key {
	case "version":
		cfg.Version, err = parseByte(value)
	case "priority":
		cfg.Priority, err = parseByte(value)
	case "stall":
		cfg.TimerExpiredBackup, err = parseByte(value)
	case "interval":
		cfg.Interval, err = time.ParseDuration(value)
	case "delay":
		cfg.PreemptDelay, err = time.ParseDuration(value)
	case "floor":
		cfg.IntervalFloor, err = time.ParseDuration(value)
	case "startup":
		cfg.StartupDelay, err = time.ParseDuration(value)
	case "adverts":
		cfg.DownAdverts, err = strconv.Atoi(value)
	case "primary":
		cfg.Primary, err = parseAddr(value)
	case "answer":
		cfg.LowerPriorityAdvert, err = parseBool(value)
	case "nopreempt":
		cfg.NoPreempt, err = parseBool(value)
	case "higher":
		cfg.HigherPriorityAdvert, err = parseBool(value)
	case "deaf":
		cfg.OwnerIgnoresAdverts, err = parseBool(value)
	case "waits":
		cfg.OwnerWaits, err = parseBool(value)
	case "guard":
		cfg.Guard = Guard(slices.Index(guardLabels[:], value))
	case "limit":
		cfg.HoldLimit, err = time.ParseDuration(value)
	case "deafwait":
		cfg.DeafWait = Wait(slices.Index(waitLabels[:], value))
	case "witnesswait":
		cfg.WitnessWait = Wait(slices.Index(waitLabels[:], value))
	case "witness":
		cfg.Witness, err = parseBool(value)
	case "paths":
		cfg.Paths, err = parseByte(value)
	case "cause", "at", "after", "times", "late", "addresses":
	default:
		err = fmt.Errorf("no such setting")
	}
	return err
}

// parseEvent makes the event of a command.
func parseEvent(cmd string, args arguments, cfg Config, now time.Time) (Event, error) {
	switch cmd {
	case "start":
		return Startup{}, nil
	case "stop":
		return Shutdown{}, nil
	case "timeout":
		if !args.has("known") {
			return Timeout{}, nil
		}
		known, err := parseOptional(args, "known", 0)
		return Timeout{Known: epoch.Add(known)}, err
	case "advert":
		return parseAdvert(args, cfg)
	case "reject":
		return parseReject(args)
	case "answered":
		return parseAnswered(args)
	case "witness":
		return WitnessAnswered{}, nil
	case "frame":
		ago, err := parseOptional(args, "ago", 0)
		return FrameHeard{At: now.Add(-ago)}, err
	case "path":
		return parsePath(args, cfg)
	case "fault":
		return FaultRaised{parseCause(args.values["cause"])}, nil
	case "clear":
		return FaultCleared{parseCause(args.values["cause"])}, nil
	case "priority":
		p, err := parseByte(args.values["to"])
		return PriorityChanged{p}, err
	case "primary":
		addr, err := parseAddr(args.values["to"])
		return PrimaryChanged{addr}, err
	case "reconfigure":
		cfg, err := parseConfig(args, cfg)
		return Reconfigured{Config: cfg, Addresses: args.has("addresses")}, err
	case "handover":
		hold, err := parseOptional(args, "hold", 0)
		return HandOver{Hold: hold}, err
	}
	return nil, fmt.Errorf("no such command")
}

func parseAdvert(args arguments, cfg Config) (Event, error) {
	priority, err := parseByte(args.values["priority"])
	if err != nil {
		return nil, err
	}
	from, err := parseAddr(args.values["from"])
	if err != nil {
		return nil, err
	}
	interval, err := parseOptional(args, "interval", cfg.Interval)
	return Received{From: from, Priority: priority, Interval: interval, Mismatch: args.has("mismatch")}, err
}

func parseAnswered(args arguments) (Event, error) {
	addr, err := parseAddr(args.values["addr"])
	if err != nil {
		return nil, err
	}
	mac, err := hex.DecodeString(strings.ReplaceAll(args.values["mac"], ":", ""))
	if err != nil || len(mac) != 6 {
		return nil, fmt.Errorf("mac %q", args.values["mac"])
	}
	return Answered{Addr: addr, MAC: [6]byte(mac), Stranger: args.has("stranger"), Outranks: args.has("outranks")}, nil
}

func parsePath(args arguments, cfg Config) (Event, error) {
	ev, err := parseAdvert(args, cfg)
	if err != nil {
		return nil, err
	}
	number, err := parseByte(args.values["path"])
	if err != nil {
		return nil, err
	}
	local, err := parseAddr(args.values["local"])
	ad := ev.(Received)
	return PathHeard{Path: number, From: ad.From, Local: local, Priority: ad.Priority, Interval: ad.Interval}, err
}

func parseReject(args arguments) (Event, error) {
	all := wire.Rejects()
	i := slices.IndexFunc(all, func(r wire.Reject) bool { return r.String() == args.values["reason"] })
	if i < 0 {
		return nil, fmt.Errorf("no such reason")
	}
	from, err := parseAddr(args.values["from"])
	if err != nil {
		return nil, err
	}
	ttl, err := parseByte(args.values["ttl"])
	return Rejected{Reason: all[i], From: from, TTL: ttl}, err
}

// parseCause reads KIND or KIND:NAME.
func parseCause(s string) Cause {
	kind, name, _ := strings.Cut(s, ":")
	return Cause{Kind: CauseKind(slices.Index(causeLabels[:], kind)), Name: name}
}

func parseByte(s string) (uint8, error) {
	n, err := strconv.ParseUint(s, 10, 8)
	return uint8(n), err
}

func parseBool(s string) (bool, error) { return s != "off", nil }

// parseAddr reads an address, or "none".
func parseAddr(s string) (netip.Addr, error) {
	if s == "none" {
		return netip.Addr{}, nil
	}
	return netip.ParseAddr(s)
}

func parseOptional(args arguments, key string, otherwise time.Duration) (time.Duration, error) {
	if !args.has(key) {
		return otherwise, nil
	}
	return time.ParseDuration(args.values[key])
}
