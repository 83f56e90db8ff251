package process

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// ticks is how many clock ticks of /proc/<pid>/stat make a second: always 100 on Linux.
const ticks = 100

// CPU returns how long the process has run on a processor since it started.
func (p *Process) CPU() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID()))
	if err != nil {
		return 0, err
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]) // from the third one on
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat is shorter than expected", p.PID())
	}
	var total time.Duration
	for _, field := range fields[11:13] { // utime, stime
		n, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return 0, err
		}
		total += time.Duration(n) * time.Second / ticks
	}
	return total, nil
}

// PeakMemory returns the most bytes that the process ever had resident.
func (p *Process) PeakMemory() (int64, error) {
	name := fmt.Sprintf("/proc/%d/status", p.PID())
	content, err := os.ReadFile(name)
	if err != nil {
		return 0, err
	}
	for lines := bufio.NewScanner(bytes.NewReader(content)); lines.Scan(); {
		if text, found := strings.CutPrefix(lines.Text(), "VmHWM:"); found {
			kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(text), " kB"), 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, fmt.Errorf("%s has no line VmHWM", name)
}
