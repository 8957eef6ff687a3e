// Package config turns keepalived.conf, as read by package keepalived, into
// typed and checked settings, and tells an operator what is wrong with a file
// before it can do harm.
//
//	settings, findings := config.Load([]string{"/etc/keepalived/keepalived.conf"}, config.Options{})
//	for _, f := range findings {
//		fmt.Fprint(os.Stderr, f.Format())
//	}
//	if config.Failed(findings) {
//		os.Exit(2)
//	}
//	for _, in := range settings.Instances { … }
//
// What holds for every Settings that Load returns without an Error finding:
//
//   - Every default is resolved: a zero in a field means zero, never "unset".
//     Where absence is a value of its own the field's comment says so.
//   - Every number is in its documented range and every time is a
//     time.Duration; seconds, centiseconds and milliseconds exist only in the
//     file.
//   - Every name that an instance or group tracks or lists exists.
//   - Passwords and keys are Secrets, which print as "<redacted>".
//
// The path of a file through the package: read_*.go (statements to a draft,
// each keyword in a table), resolve_*.go (globals, defaults and the rules that
// need the whole file), find_*.go (advice: things that are legal and will
// hurt), compare.go (several nodes' files against each other), print.go (the
// canonical form). The settings themselves are in settings*.go.
package config
