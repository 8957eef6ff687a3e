package track

import (
	"bufio"
	"fmt"
	"os"
	"time"
)

// cpuPressure is for how long since boot some task that could run waited for
// a processor. It is zero where the kernel has no pressure information.
func cpuPressure() time.Duration {
	f, err := os.Open("/proc/pressure/cpu")
	if err != nil {
		return 0
	}
	defer f.Close()
	line, err := bufio.NewReader(f).ReadString('\n')
	if err != nil {
		return 0
	}
	var avg10, avg60, avg300 float64
	var total int64 // microseconds
	if _, err := fmt.Sscanf(line, "some avg10=%f avg60=%f avg300=%f total=%d", &avg10, &avg60, &avg300, &total); err != nil {
		return 0
	}
	return time.Duration(total) * time.Microsecond
}
