package http1

import (
	"bytes"
	"errors"
	"io"
)

// Limits of what is around the chunks of a body.
const (
	maxChunkLine  = 512
	maxExtensions = 16 << 10 // bytes, of all chunks together
	maxTrailer    = readAhead
)

// errChunk is the error of a body whose chunks are malformed.
var errChunk = errors.New("http1: malformed chunked body")

// chunks understand the chunked transfer coding (RFC 9112 section 7.1).
type chunks struct {
	left       int64 // of the chunk
	begun      bool  // there was a chunk, whose last line end is still to come
	last       bool  // the trailer has begun
	extensions int   // bytes
	trailer    int   // bytes
	fields     int
}

// readChunked needs b.mu. The end is [io.EOF].
func (b *body) readChunked(p []byte) (int, error) {
	c := b.chunks
	for {
		if c.left > 0 {
			n, err := b.readPlain(p[:min(int64(len(p)), c.left)])
			c.left -= int64(n)
			return n, err
		}
		length, err := lineLength(b.ahead, c.limit())
		switch {
		case err != nil:
		case length == 0:
			err = b.fill()
		default:
			line := b.ahead[:length-len("\r\n")]
			b.ahead = b.ahead[length:]
			err = c.line(line)
		}
		if err != nil {
			return 0, err
		}
	}
}

// limit is how long the next line may be.
func (c *chunks) limit() int {
	if c.last {
		return maxTrailer - c.trailer
	}
	return maxChunkLine
}

// lineLength is the length of the first line with its end; 0: it is not complete.
func lineLength(data []byte, most int) (int, error) {
	n := bytes.IndexByte(data, '\n')
	switch {
	case n < 0 && len(data) < most:
		return 0, nil
	case n < 1 || n >= most || data[n-1] != '\r':
		return 0, errChunk
	}
	return n + 1, nil
}

// line understands a line around the chunks.
func (c *chunks) line(line []byte) error {
	switch {
	case c.last && len(line) == 0:
		return io.EOF
	case c.last:
		return c.field(line)
	case c.begun && len(line) > 0:
		return errChunk
	case c.begun:
		c.begun = false
		return nil
	default:
		return c.size(line)
	}
}

// size reads what comes before a chunk. Extensions mean nothing here (RFC 9112 section 7.1.1).
func (c *chunks) size(line []byte) error {
	digits := 0
	for digits < len(line) && isHex(line[digits]) {
		digits++
	}
	extensions := line[digits:]
	c.extensions += len(extensions)
	quotes := bytes.Count(extensions, []byte{'"'}) // what they enclose does not end a line, some may think
	if digits == 0 || digits > 15 || c.extensions > maxExtensions || !only(extensions, inValue) || quotes%2 != 0 ||
		len(extensions) > 0 && extensions[0] != ';' {
		return errChunk
	}
	for _, digit := range line[:digits] {
		c.left = c.left<<4 | int64(hexValue(digit))
	}
	c.begun, c.last = c.left > 0, c.left == 0
	return nil
}

func hexValue(digit byte) byte {
	if isDigit(digit) {
		return digit - '0'
	}
	return digit | 0x20 - 'a' + 10
}

// field checks a field of the trailer, and drops it.
func (c *chunks) field(line []byte) error {
	c.trailer += len(line) + len("\r\n")
	c.fields++
	name := bytes.IndexByte(line, ':')
	if c.fields > maxFields || name <= 0 || !only(line[:name], inToken) || !only(line[name+1:], inValue) {
		return errChunk
	}
	return nil
}
