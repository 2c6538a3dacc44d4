//go:build !linux

package engine

import "syscall"

// attributes keeps a signal from the terminal to this process for itself.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
