package websocket_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"gangway/internal/websocket"
)

// A side is what one end of TLS 1.3 says, by hand, as package tls does not ask for other keys by itself. See RFC 8446
// sections 5.2, 5.3 and 7.1 to 7.3.
type side struct {
	secret []byte
	aead   cipher.AEAD
	iv     []byte
	count  uint64
}

func expand(secret []byte, label string, length int) ([]byte, error) {
	info := binary.BigEndian.AppendUint16(nil, uint16(length))
	info = append(append(append(info, byte(len("tls13 "+label))), "tls13 "+label...), 0)
	return hkdf.Expand(sha256.New, secret, string(info), length)
}

// use begins with a secret.
func (s *side) use(secret []byte) error {
	key, err := expand(secret, "key", 16)
	if err != nil {
		return err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return err
	}
	s.secret, s.count = secret, 0
	if s.aead, err = cipher.NewGCM(block); err != nil {
		return err
	}
	s.iv, err = expand(secret, "iv", 12)
	return err
}

// update goes on with the next secret.
func (s *side) update() error {
	next, err := expand(s.secret, "traffic upd", sha256.Size)
	if err != nil {
		return err
	}
	return s.use(next)
}

func (s *side) nonce() []byte {
	nonce := append([]byte(nil), s.iv...)
	binary.BigEndian.PutUint64(nonce[4:], binary.BigEndian.Uint64(nonce[4:])^s.count)
	s.count++
	return nonce
}

// The kinds of record.
const (
	handshakeRecord = 22
	dataRecord      = 23
)

func (s *side) seal(kind byte, text []byte) []byte {
	head := binary.BigEndian.AppendUint16([]byte{dataRecord, 3, 3}, uint16(len(text)+1+s.aead.Overhead()))
	return s.aead.Seal(head, s.nonce(), append(append([]byte(nil), text...), kind), head)
}

// open reads a record.
func (s *side) open(from io.Reader) (kind byte, text []byte, err error) {
	head := make([]byte, 5)
	if _, err := io.ReadFull(from, head); err != nil {
		return 0, nil, err
	}
	body := make([]byte, binary.BigEndian.Uint16(head[3:]))
	if _, err := io.ReadFull(from, body); err != nil {
		return 0, nil, err
	}
	if text, err = s.aead.Open(nil, s.nonce(), body, head); err != nil {
		return 0, nil, err
	}
	if len(text) == 0 {
		return 0, nil, errors.New("an empty record")
	}
	return text[len(text)-1], text[:len(text)-1], nil
}

// A handmade connection speaks TLS by hand behind its handshake. Before every write it asks the server for other keys.
type handmade struct {
	net.Conn
	ours, theirs side
	answers      int // of the server to these
	rest         []byte
}

// byHand makes a handshake, or returns nil if that comes to other ciphers than are known here.
func byHand(t *testing.T, ours, theirs net.Conn) (net.Conn, *handmade) {
	t.Helper()
	var log strings.Builder
	server, client := secure(t, ours, theirs, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13, KeyLogWriter: &log})
	if client.(*tls.Conn).ConnectionState().CipherSuite != tls.TLS_AES_128_GCM_SHA256 {
		return server, nil
	}
	h := &handmade{Conn: theirs}
	for name, side := range map[string]*side{"CLIENT_TRAFFIC_SECRET_0": &h.ours, "SERVER_TRAFFIC_SECRET_0": &h.theirs} {
		_, line, _ := strings.Cut(log.String(), name+" ")
		line, _, _ = strings.Cut(line, "\n")
		_, secret, _ := strings.Cut(line, " ")
		raw, err := hex.DecodeString(secret)
		if err := errors.Join(err, side.use(raw)); err != nil {
			t.Fatal(err)
		}
	}
	return server, h
}

func (h *handmade) Write(b []byte) (int, error) {
	const keyUpdate, requested = 24, 1 // RFC 8446 section 4.6.3
	out := h.ours.seal(handshakeRecord, []byte{keyUpdate, 0, 0, 1, requested})
	if err := h.ours.update(); err != nil {
		return 0, err
	}
	_, err := h.Conn.Write(append(out, h.ours.seal(dataRecord, b)...))
	return len(b), err
}

func (h *handmade) Read(b []byte) (int, error) {
	for len(h.rest) == 0 {
		kind, text, err := h.theirs.open(h.Conn)
		switch {
		case err != nil:
			return 0, err
		case kind == handshakeRecord && text[0] == 24:
			h.answers++
			err = h.theirs.update()
		case kind == dataRecord:
			h.rest = text
		case kind != handshakeRecord: // a ticket
			err = fmt.Errorf("a record of kind %d", kind)
		}
		if err != nil {
			return 0, err
		}
	}
	n := copy(b, h.rest)
	h.rest = h.rest[n:]
	return n, nil
}

// Keys change in both directions while messages come and go.
func TestKeyUpdate(t *testing.T) {
	if !encrypted {
		t.Skip("this is about TLS")
	}
	ours, theirs := plain(t)
	ours, hand := byHand(t, ours, theirs)
	if hand == nil {
		t.Skip("this machine prefers other ciphers")
	}
	r := echo()
	s := websocket.NewServer(r, websocket.Options{})
	_, c := connectOver(t, s, websocket.AcceptOptions{}, ours, hand)
	for i := range 10 {
		text := fmt.Sprint(i, long[:i*1500])
		c.write(masked(0x81, text))
		c.want(0x81, text)
	}
	if hand.answers != 11 {
		t.Errorf("keys have changed %d times, want 11", hand.answers)
	}
	c.write(closeFrame(1000, ""))
	c.want(0x88, closeText(1000, ""))
	r.wantClosed(t, 1000, "")
	_ = c.Close()
	s.Close()
}
