package functions

import (
	"errors"
	"net"
)

// errStranger is of a connection by another user of the machine.
var errStranger = errors.New("a connection by another user was refused: the Runtime API is for the function alone")

// known says whether a connection comes from where the function is, and has it told if not. The kernel's word is taken for it: nothing that
// is sent says who a runtime is, and whoever may answer in its place decides what a function does.
func (p *process) known(conn net.Conn) bool {
	err := vouched(conn)
	if err == nil {
		return true
	}
	key := "stranger " + p.pool.fn.Name
	p.pool.host.notice(p.pool.fn.Name, key, err.Error())
	return false
}
