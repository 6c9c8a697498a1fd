//go:build 386 || s390x

package loop

// sysConnect is connect(2) on the architectures whose calls for sockets were one call, socketcall(2), before Linux 4.3.
const sysConnect = 362
