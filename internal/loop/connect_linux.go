//go:build !386 && !s390x

package loop

import "syscall"

const sysConnect = syscall.SYS_CONNECT
