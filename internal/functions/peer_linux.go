package functions

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// vouched says that the other end of a connection over the loopback interface belongs to who this process runs as.
func vouched(conn net.Conn) error {
	ours, peer := netip.MustParseAddrPort(conn.LocalAddr().String()), netip.MustParseAddrPort(conn.RemoteAddr().String())
	uid, err := askKernel(peer, ours)
	if err != nil { // not every sandbox has it
		uid, err = lookUp(peer, ours)
	}
	switch {
	case err != nil:
		return fmt.Errorf("a connection was refused, because the system does not say whose it is: %w", err)
	case uid != os.Geteuid():
		return errStranger
	}
	return nil
}

// What is said to the kernel: sock_diag(7).
const (
	socketDiagnosis = 4  // NETLINK_SOCK_DIAG
	byFamily        = 20 // SOCK_DIAG_BY_FAMILY
	messageHead     = 16 // struct nlmsghdr
	requestLength   = messageHead + 56
	idOffset        = 4 // of struct inet_diag_sockid in struct inet_diag_msg
	uidOffset       = 64
	answerLength    = messageHead + 72
	timeWait        = 6 // from here on, states in which nobody has the socket, or it listens
)

// askKernel finds the user of the socket with these ends, IPv4 ones, without looking at any other.
func askKernel(local, remote netip.AddrPort) (uid int, err error) {
	socket, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, socketDiagnosis)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, syscall.Close(socket)) }()
	if err := syscall.SetsockoptTimeval(socket, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &syscall.Timeval{Sec: 1}); err != nil {
		return 0, err
	}
	id := ends(local, remote)
	if err := syscall.Sendto(socket, question(id), 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return 0, err
	}
	answer := make([]byte, 4<<10)
	n, _, err := syscall.Recvfrom(socket, answer, 0)
	if err != nil {
		return 0, err
	}
	if n < answerLength || binary.NativeEndian.Uint16(answer[4:]) != byFamily {
		return 0, errors.New("there is no such socket")
	}
	answer = answer[messageHead:]
	if state := answer[1]; state >= timeWait || !slices.Equal(answer[idOffset:idOffset+4], id[:4]) {
		return 0, errors.New("the socket is closed")
	}
	return int(binary.NativeEndian.Uint32(answer[uidOffset:])), nil
}

// ends is the beginning of a struct inet_diag_sockid.
func ends(local, remote netip.AddrPort) []byte {
	id := make([]byte, 48)
	binary.BigEndian.PutUint16(id, local.Port())
	binary.BigEndian.PutUint16(id[2:], remote.Port())
	copy(id[4:], local.Addr().Unmap().AsSlice())
	copy(id[20:], remote.Addr().Unmap().AsSlice())
	for i := 40; i < 48; i++ { // INET_DIAG_NOCOOKIE
		id[i] = 0xff
	}
	return id
}

// question is a struct inet_diag_req_v2 with its head.
func question(id []byte) []byte {
	q := make([]byte, messageHead+8, requestLength)
	binary.NativeEndian.PutUint32(q, requestLength)
	binary.NativeEndian.PutUint16(q[4:], byFamily)
	binary.NativeEndian.PutUint16(q[6:], syscall.NLM_F_REQUEST)
	q[messageHead], q[messageHead+1] = syscall.AF_INET, syscall.IPPROTO_TCP
	binary.NativeEndian.PutUint32(q[messageHead+4:], ^uint32(0)) // in any state
	return append(q, id...)
}

// lookUp finds the user in the lists of all sockets: proc_net(5) has their ends in hexadecimal, as they are in memory, and the user eighth.
func lookUp(local, remote netip.AddrPort) (uid int, err error) {
	plain := listed(local, "") + " " + listed(remote, "")
	const mapped = "0000000000000000FFFF0000" // ::ffff:0:0/96
	for _, list := range [][2]string{{"/proc/net/tcp", plain}, {"/proc/net/tcp6", listed(local, mapped) + " " + listed(remote, mapped)}} {
		file, err := os.Open(list[0])
		if err != nil {
			continue
		}
		uid, found := scan(file, list[1])
		_ = file.Close() // only read
		if found {
			return uid, nil
		}
	}
	return 0, errors.New("it is in no list of sockets")
}

func scan(file *os.File, wanted string) (uid int, found bool) {
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 8 || fields[1]+" "+fields[2] != wanted {
			continue
		}
		uid, err := strconv.Atoi(fields[7])
		state, _ := strconv.ParseUint(fields[3], 16, 8)
		return uid, err == nil && state < timeWait
	}
	return 0, false
}

// listed is an address as it stands in such a list.
func listed(at netip.AddrPort, before string) string {
	bytes := at.Addr().Unmap().As4()
	word := make([]byte, len(bytes))
	binary.NativeEndian.PutUint32(word, binary.BigEndian.Uint32(bytes[:]))
	return before + strings.ToUpper(hex.EncodeToString(word)) + fmt.Sprintf(":%04X", at.Port())
}
