package track

import "fmt"

// Phrases are the log lines for a run, in keepalived's words; none for a run
// that changed nothing.
func (r Result) Phrases(name string) []string {
	switch r.Skipped {
	case SkippedRunning:
		return []string{fmt.Sprintf("Track script %s is already running, expect idle - skipping run", name)}
	case SkippedTimingOut:
		return []string{fmt.Sprintf("Track script %s is being timed out, expect idle - skipping run", name)}
	}
	var lines []string
	if r.CodeChanged && !r.TimedOut && r.Signal == 0 {
		lines = append(lines, fmt.Sprintf("Script `%s` now returning %d", name, r.Code))
	}
	if r.Changed && r.Up == r.Passed { // else it is not up yet: rise has more to see
		lines = append(lines, fmt.Sprintf("VRRP_Script(%s) %s", name, r.outcome())+r.remark())
	}
	return lines
}

// outcome is keepalived's word for the run that changed the opinion.
func (r Result) outcome() string {
	switch {
	case r.Up:
		return "succeeded"
	case r.TimedOut:
		return "timed_out"
	case r.Signal != 0:
		return fmt.Sprintf("failed (due to signal %d)", r.Signal)
	}
	return fmt.Sprintf("failed (exited with status %d)", r.Code)
}

// remark is what keepalived does not say.
func (r Result) remark() string {
	s := ""
	if r.Starved {
		s += " starved=yes"
	}
	if r.Text != "" && !r.Up {
		s += fmt.Sprintf(" said=%q", r.Text)
	}
	return s
}
