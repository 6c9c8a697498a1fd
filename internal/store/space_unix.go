//go:build linux || darwin || freebsd

package store

import "syscall"

// freeSpace is what an ordinary user may still write to the file system of dir, and its size.
func freeSpace(dir string) (free, total uint64, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, 0, err
	}
	return product(s.Bavail, s.Bsize), product(s.Blocks, s.Bsize), nil
}

// product copes with the types of these members, which differ from system to system. A file system may report less than nothing.
func product[N, S int32 | int64 | uint32 | uint64](n N, size S) uint64 {
	if n < 0 || size < 0 {
		return 0
	}
	return uint64(n) * uint64(size)
}
