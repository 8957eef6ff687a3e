package sockfilter

import (
	"fmt"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Attach sets the filter of a socket, in place of an earlier one. What had come before stays in the buffer: a socket that shall
// have nothing else gets its filter before it is bound.
func Attach(fd int, filter []bpf.Instruction) error {
	raw, err := bpf.Assemble(filter)
	if err != nil {
		return fmt.Errorf("socket filter: %w", err)
	}
	if len(raw) == 0 {
		return fmt.Errorf("socket filter: %w", unix.EINVAL)
	}
	program := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		program[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	err = unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})
	if err != nil {
		return fmt.Errorf("socket filter: %w", err)
	}
	return nil
}
