package engine

import "syscall"

// attributes keeps a signal from the terminal to this process for itself, and
// has the kernel stop the engine when this process dies, besides the pipe.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
