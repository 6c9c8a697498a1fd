package dial

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

// inline is how much of a body is written before the response is read. So much fits into what systems hold for a connection,
// on both sides together: whoever writes it does not wait for the server.
const inline = 32 << 10

// patient is how long the end of an upload is waited for when the response is over, before the connection is given up. Mostly
// the server has had all of it, and only its own goroutine has not yet said so.
const patient = 50 * time.Millisecond

// An upload writes the body of a request while the response may already be read: a server need not read what it refuses.
type upload struct {
	body io.ReadCloser
	left int64 // -1: nobody knows
	done chan error
}

func newUpload(body io.ReadCloser, left int64) *upload {
	return &upload{body, left, make(chan error, 1)}
}

// errSource is a request whose body cannot be read.
var errSource = errors.New("dial: the body of the request")

// start writes the body on its own. One that cannot be read takes the connection with it, or else the server would take what it
// has got for all.
func (u *upload) start(c *conn) {
	go func() {
		err := u.run(c.stream)
		_ = u.body.Close()
		u.done <- err // first, for whoever finds the connection closed
		if errors.Is(err, errSource) {
			_ = c.Close()
		}
	}()
}

func (u *upload) run(to io.Writer) error {
	if u.left < 0 {
		return u.chunks(to)
	}
	from := &io.LimitedReader{R: source{u.body}, N: u.left}
	if _, err := io.Copy(to, from); err != nil {
		return err
	}
	if from.N > 0 {
		return fmt.Errorf("%w: it ends %d bytes early", errSource, from.N)
	}
	return nil
}

// source tells errors of what is read from those of what is written. It has no WriteTo: bodies of the AWS SDK are closed before
// their end, and make an error of that in theirs.
type source struct{ body io.Reader }

// Read implements [io.Reader].
func (s source) Read(p []byte) (int, error) {
	n, err := s.body.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // as a Reader has it
		err = fmt.Errorf("%w: %w", errSource, err)
	}
	return n, err
}

// chunks writes a body whose length nobody knows: RFC 9112 section 7.1.
func (u *upload) chunks(to io.Writer) error {
	const room = len("ffff\r\n") // before the data, for its size
	buffer := make([]byte, room+inline)
	for {
		n, failed := source{u.body}.Read(buffer[room : len(buffer)-2])
		if n > 0 {
			size := strconv.AppendInt(nil, int64(n), 16)
			start := room - len(size) - 2
			copy(buffer[start:], size)
			copy(buffer[room-2:], "\r\n")
			copy(buffer[room+n:], "\r\n")
			if _, err := to.Write(buffer[start : room+n+2]); err != nil {
				return err
			}
		}
		if failed == io.EOF { //nolint:errorlint // as a Reader has it
			_, err := io.WriteString(to, "0\r\n\r\n")
			return err
		}
		if failed != nil {
			return failed
		}
	}
}

// source is why the body could not be read, if that has been found out.
func (u *upload) source() error {
	select {
	case err := <-u.done:
		u.done <- err
		if errors.Is(err, errSource) {
			return err
		}
	default:
	}
	return nil
}

// ended says whether all has been written. There may have been nothing to write.
func (u *upload) ended() bool {
	if u == nil {
		return true
	}
	late := time.NewTimer(patient)
	defer late.Stop()
	select {
	case err := <-u.done:
		u.done <- err
		return err == nil
	case <-late.C:
		return false
	}
}
