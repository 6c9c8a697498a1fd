package websocket_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"slices"
	"testing"

	"gangway/internal/websocket"
)

// BenchmarkDecode: a stream of frames, as they come from the kernel, becomes messages.
func BenchmarkDecode(b *testing.B) {
	for _, size := range []int{16, 128, 1024, 32768} {
		b.Run(fmt.Sprintf("%d", size), func(b *testing.B) {
			d := websocket.NewDecoder(websocket.Options{})
			stream := masked(0x81, long[:size])
			chunk := make([]byte, len(stream))
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				copy(chunk, stream) // it is unmasked in place
				d.Feed(chunk, func(websocket.Opcode, []byte) {})
			}
		})
	}
}

func BenchmarkMask(b *testing.B) {
	for _, size := range []int{16, 128, 1024, 32768} {
		b.Run(fmt.Sprintf("%d", size), func(b *testing.B) {
			payload := []byte(long[:size])
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				websocket.Mask(payload, [4]byte{1, 2, 3, 4})
			}
		})
	}
}

// BenchmarkEcho: a message there and back, one at a time.
func BenchmarkEcho(b *testing.B) {
	for _, over := range []string{"tcp", "pipe"} {
		b.Run(over, func(b *testing.B) {
			ours, theirs := net.Pipe()
			if over == "tcp" {
				ours, theirs = tcp(b)
			}
			s := websocket.NewServer(echo(), websocket.Options{})
			_, c := connectOver(b, s, websocket.AcceptOptions{}, ours, theirs)
			message, answer := masked(0x81, long[:64]), make([]byte, 66)
			b.ReportAllocs()
			for b.Loop() {
				c.write(message)
				if _, err := io.ReadFull(c.in, answer); err != nil {
					b.Fatal(err)
				}
			}
			s.Close()
		})
	}
}

// BenchmarkDeflate and BenchmarkInflate: one JSON message, in bytes of the text.
func BenchmarkDeflate(b *testing.B) {
	for _, size := range []int{1024, 16384} {
		b.Run(fmt.Sprintf("%d", size), func(b *testing.B) {
			k, text := websocket.NewCodec(), []byte(sample(size))
			b.SetBytes(int64(size))
			b.ReportAllocs()
			var shorter []byte
			for b.Loop() {
				shorter, _ = k.Deflate(text)
			}
			b.ReportMetric(float64(len(shorter))/float64(size), "ratio")
		})
	}
}

func BenchmarkInflate(b *testing.B) {
	for _, size := range []int{1024, 16384, 131072} {
		b.Run(fmt.Sprintf("%d", size), func(b *testing.B) {
			k, message := websocket.NewCodec(), []byte(squeezed(sample(size), 6))
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if status, reason := k.Inflate(message, 128<<10, func([]byte) {}); status != 0 {
					b.Fatal(reason)
				}
			}
		})
	}
}

// BenchmarkBomb: what an attempt costs in time.
func BenchmarkBomb(b *testing.B) {
	empty := bytes.Repeat([]byte{3, 0}, 16<<10) // final blocks with nothing in them
	for name, message := range map[string][]byte{"1000": []byte(bomb()), "final": empty} {
		b.Run(name, func(b *testing.B) {
			k := websocket.NewCodec()
			b.ReportAllocs()
			for b.Loop() {
				k.Inflate(message, 128<<10, func([]byte) {})
			}
		})
	}
}

// BenchmarkEchoDeflate: a compressed message of JSON there and back, one at a time.
func BenchmarkEchoDeflate(b *testing.B) {
	for _, size := range []int{1024, 16384} {
		b.Run(fmt.Sprintf("%d", size), func(b *testing.B) {
			ours, theirs := tcp(b)
			s := websocket.NewServer(echo(), withDeflate())
			_, c := connectOffering(b, s, websocket.AcceptOptions{}, deflateOffer, ours, theirs)
			message := zipped(sample(size))
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				c.write(message)
				if _, err := c.next(); err != nil {
					b.Fatal(err)
				}
			}
			s.Close()
		})
	}
}

// BenchmarkSend: messages to one connection, one by one and in bursts that leave together, until the kernel has them.
func BenchmarkSend(b *testing.B) {
	for _, burst := range []int{1, 10} {
		b.Run(fmt.Sprintf("burst-%d", burst), func(b *testing.B) {
			conn, c := connect(b, newRecorder(), websocket.Options{})
			go func() { _, _ = io.Copy(io.Discard, c) }()
			payload := []byte(long[:64])
			b.ReportAllocs()
			for b.Loop() {
				for range burst - 1 {
					_ = conn.Send(websocket.Text, payload, nil)
				}
				if err := conn.SendWait(b.Context(), websocket.Text, payload); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkHandshake: from the request to the end of a connection that is closed at once.
func BenchmarkHandshake(b *testing.B) {
	r := newRecorder()
	s := websocket.NewServer(r, websocket.Options{})
	l := listen(b)
	hello := slices.Concat([]byte(request), closeFrame(1000, ""))
	b.ReportAllocs()
	for b.Loop() {
		theirs, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		ours, err := l.Accept()
		if err != nil {
			b.Fatal(err)
		}
		if _, err := theirs.Write(hello); err != nil {
			b.Fatal(err)
		}
		if _, err := accept(s, ours, websocket.AcceptOptions{}); err != nil {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, theirs)
		_ = theirs.Close()
		<-r.closed
	}
	s.Close()
}
