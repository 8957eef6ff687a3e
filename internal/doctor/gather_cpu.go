package doctor

import (
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"
)

// cpu tells how a process is held back; pid 0 is ourselves.
func cpu(pid int) CPU {
	dir := "/proc/self"
	if pid > 0 {
		dir = fmt.Sprintf("/proc/%d", pid)
	}
	var c CPU
	if ns, err := strconv.ParseUint(word(dir+"/timerslack_ns"), 10, 64); err == nil {
		c.SlackNS = ns
	}
	for _, stat := range cpuStats(word(dir + "/cgroup")) {
		if b, err := os.ReadFile(stat); err == nil {
			periods, throttled := parseThrottling(string(b))
			c.Periods, c.Throttled = max(c.Periods, periods), max(c.Throttled, throttled)
		}
	}
	return c
}

// cpuStats are the files that count throttling for a process with this
// /proc/PID/cgroup: its group's and those above, any of which may have a quota.
func cpuStats(cgroup string) []string {
	var files []string
	for line := range strings.Lines(cgroup) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		var root string
		switch controllers := "," + fields[1] + ","; {
		case controllers == ",,":
			root = "/sys/fs/cgroup"
		case strings.Contains(controllers, ",cpu,"):
			root = "/sys/fs/cgroup/" + fields[1]
		default:
			continue
		}
		for group := path.Clean("/" + fields[2]); ; group = path.Dir(group) {
			files = append(files, path.Join(root, group, "cpu.stat"))
			if group == "/" {
				break
			}
		}
	}
	return files
}

func parseThrottling(text string) (periods, throttled uint64) {
	for line := range strings.Lines(text) {
		var key string
		var value uint64
		if n, err := fmt.Sscan(line, &key, &value); n != 2 || err != nil {
			continue
		}
		switch key {
		case "nr_periods":
			periods = value
		case "nr_throttled":
			throttled = value
		}
	}
	return periods, throttled
}
