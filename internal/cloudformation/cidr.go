package cloudformation

import (
	"math/big"
	"net/netip"
	"strconv"
)

// cidr cuts a block of addresses into smaller ones: a block, how many, and how many bits each leaves for hosts.
// Source: "Fn::Cidr", CloudFormation template reference.
func (s *scope) cidr(v *value, arguments []*value) *value {
	var words [3]string
	words[2] = "8"
	for i, argument := range arguments {
		word, ok := s.plain(v, argument, "each argument")
		if !ok {
			return nothing
		}
		words[i] = word
	}
	block, err := netip.ParsePrefix(words[0])
	count, errCount := strconv.Atoi(words[1])
	host, errHost := strconv.Atoi(words[2])
	if err != nil || errCount != nil || errHost != nil || count < 1 || count > 256 || host < 1 {
		return s.fail(v.at, "Fn::Cidr takes a block, a count of 1 to 256 and bits, not %q, %q and %q", words[0], words[1], words[2])
	}
	bits := block.Addr().BitLen() - host
	if bits < block.Bits() || bits-block.Bits() < 9 && count > 1<<(bits-block.Bits()) {
		return s.fail(v.at, "%s has no room for %d blocks with %d bits for hosts", block, count, host)
	}
	made := newList(v.at)
	at := new(big.Int).SetBytes(block.Masked().Addr().AsSlice())
	step := new(big.Int).Lsh(big.NewInt(1), uint(host))
	for range count {
		address, _ := netip.AddrFromSlice(at.FillBytes(make([]byte, block.Addr().BitLen()/8)))
		made.items = append(made.items, newText(v.at, netip.PrefixFrom(address, bits).String()))
		at.Add(at, step)
	}
	return made
}
