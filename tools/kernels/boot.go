package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

const (
	hello      = "guest: here" // what tools/kernels/guest says first
	helloWait  = 15 * time.Second
	suiteLimit = 40 * time.Minute
)

// telling are the lines to be shown as they come: verdicts, failures, ends.
var telling = regexp.MustCompile(`^(--- |guest: |panic:)|_test\.go:|Kernel panic`)

// boot runs the guest to its end and returns what it printed, and what carried
// it. KVM may open and yet carry nothing, inside another guest for instance: a
// guest that does not greet in time is given to emulation.
func boot(kernel, initramfs string) (text, accel string, err error) {
	if f, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0); err == nil {
		if err := f.Close(); err != nil {
			return "", "", err
		}
		text, err := qemu("kvm", kernel, initramfs, helloWait)
		if strings.Contains(text, hello) {
			return text, "kvm", err
		}
		fmt.Printf("KVM opens but carries no guest (%v); emulation then\n", err)
	}
	text, err = qemu("tcg,thread=multi", kernel, initramfs, suiteLimit)
	return text, "tcg", err
}

// qemu ends the guest when it does not greet within patience.
func qemu(accel, kernel, initramfs string, patience time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), suiteLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "qemu-system-x86_64",
		"-accel", accel, "-cpu", "max", "-smp", "2", "-m", "2048", "-nic", "none",
		"-display", "none", "-serial", "stdio", "-monitor", "none", "-no-reboot",
		"-kernel", kernel, "-initrd", initramfs,
		"-append", "console=ttyS0 quiet loglevel=3 panic=-1 mitigations=off")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	var complaints strings.Builder
	cmd.Stderr = &complaints
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("start QEMU: %w", err)
	}
	impatient := time.AfterFunc(patience, cancel)
	text, readErr := follow(out, func() { impatient.Stop() })
	err = errors.Join(readErr, cmd.Wait())
	if err != nil {
		// Behind the first line stand the registers.
		first, _, _ := strings.Cut(strings.TrimSpace(complaints.String()), "\n")
		err = fmt.Errorf("QEMU: %w: %s", err, first)
	}
	return text, err
}

// follow collects the guest's lines and shows how it fares.
func follow(out io.Reader, greeted func()) (string, error) {
	var all strings.Builder
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := strings.TrimRight(lines.Text(), "\r")
		all.WriteString(line + "\n")
		if strings.Contains(line, hello) {
			greeted()
		}
		if telling.MatchString(line) {
			fmt.Println("   " + line)
		}
	}
	return all.String(), lines.Err()
}

func tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
