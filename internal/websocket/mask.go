package websocket

import (
	"encoding/binary"
	"math/bits"
)

// mask applies the masking key to b in place (RFC 6455 section 5.3) and returns the key to continue with, rotated by the
// bytes done, so that a payload may be masked in any pieces. Masking twice unmasks.
func mask(b []byte, key [4]byte) [4]byte {
	k32 := binary.LittleEndian.Uint32(key[:])
	if len(b) >= 8 {
		k64 := uint64(k32)<<32 | uint64(k32)
		for len(b) >= 32 {
			xor64(b[0:8], k64)
			xor64(b[8:16], k64)
			xor64(b[16:24], k64)
			xor64(b[24:32], k64)
			b = b[32:]
		}
		for len(b) >= 8 {
			xor64(b, k64)
			b = b[8:]
		}
	}
	for i := range b {
		b[i] ^= byte(k32)
		k32 = bits.RotateLeft32(k32, -8)
	}
	binary.LittleEndian.PutUint32(key[:], k32)
	return key
}

// xor64 masks the first eight bytes of b; compilers make it one instruction.
func xor64(b []byte, k uint64) {
	binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^k)
}
