package keepalived

// IsCommand reports whether keepalived reads the rest of this keyword's line
// as a command line.
func IsCommand(keyword string) bool {
	switch keyword {
	case "script", "notify", "notify_master", "notify_backup", "notify_fault",
		"notify_stop", "notify_deleted", "notify_master_rx_lower_pri",
		"startup_script", "shutdown_script",
		"notify_fifo_script", "vrrp_notify_fifo_script", "lvs_notify_fifo_script",
		"notify_up", "notify_down", "quorum_up", "quorum_down", "misc_path":
		return true
	}
	return false
}

// IsSecret reports whether the value of a keyword is a password or a key.
func IsSecret(keyword string) bool { return keyword == "auth_pass" || keyword == "key" }

// SplitCommand splits Statement.Raw of a command keyword into the arguments
// of the command and the words after it (user and group).
func SplitCommand(raw string) (argv, rest []string, err error) { return nil, nil, nil }
