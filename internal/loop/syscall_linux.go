package loop

import (
	"syscall"
	"unsafe"
)

// The system calls here never wait, so the scheduler need not be told of them: syscall.Read and its like prepare for
// another thread to go on meanwhile, which costs as much again as a short call does. unsafe stands in this file only, and for
// nothing else than to hand the kernel the address of a slice that lives until the call is over.

func readNow(fd int, p []byte) (int, syscall.Errno) {
	return raw(syscall.SYS_READ, fd, p)
}

func writeNow(fd int, p []byte) (int, syscall.Errno) {
	return raw(syscall.SYS_WRITE, fd, p)
}

// raw is read(2) or write(2). Nothing is read into no room, for the result would look like the end.
func raw(call uintptr, fd int, p []byte) (int, syscall.Errno) {
	if len(p) == 0 {
		return 0, syscall.EAGAIN
	}
	n, _, err := syscall.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	if err != 0 {
		return 0, err
	}
	return int(n), 0
}

// epollNow is epoll_wait(2) that does not wait, in the form that every architecture has. It cannot fail on a descriptor that
// is open.
func epollNow(fd int, events []syscall.EpollEvent) int {
	for {
		n, _, err := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(events))),
			uintptr(len(events)), 0, 0, 0)
		if err == 0 {
			return int(n)
		}
		if err != syscall.EINTR {
			return 0
		}
	}
}

// disconnect is connect(2) to an address without a family, which ends a connection with a reset.
func disconnect(fd int) syscall.Errno {
	nowhere := syscall.RawSockaddr{Family: syscall.AF_UNSPEC}
	_, _, err := syscall.RawSyscall(sysConnect, uintptr(fd), uintptr(unsafe.Pointer(&nowhere)), unsafe.Sizeof(nowhere))
	return err
}

// duplicate is dup(2) of a descriptor that programs started later do not have.
func duplicate(fd int) (int, error) {
	copied, _, err := syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_DUPFD_CLOEXEC, 0)
	if err != 0 {
		return -1, err
	}
	return int(copied), nil
}
