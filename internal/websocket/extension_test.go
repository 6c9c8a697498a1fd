package websocket_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"gangway/internal/websocket"
)

// TestOffers: RFC 7692 sections 5.1 and 7.1, and the grammar of RFC 6455 section 9.1.
func TestOffers(t *testing.T) {
	const none = ""
	many := "permessage-deflate; server_max_window_bits=8, "
	for _, test := range []struct {
		offer  string // lines of the header
		answer string
	}{
		{"permessage-deflate", deflateAnswer},
		{" permessage-deflate\t;  client_max_window_bits ", deflateAnswer},
		{"permessage-deflate;client_max_window_bits=15;server_max_window_bits=15", deflateAnswer + fullWindow},
		{"permessage-deflate; client_max_window_bits=\"10\"", deflateAnswer},
		{"permessage-deflate; server_max_window_bits=\"15\"", deflateAnswer + fullWindow},
		{"permessage-deflate; server_max_window_bits=\"1\\5\"", deflateAnswer + fullWindow},
		{"permessage-deflate; server_max_window_bits=\"1\\4\"", none},
		{"foo, permessage-deflate", deflateAnswer},
		{"foo; a=\"b\"; c, permessage-deflate", deflateAnswer},
		{"foo; a=\"permessage-deflate\"", none},
		{"foo\npermessage-deflate", deflateAnswer},
		{", ,permessage-deflate,", deflateAnswer},
		{many + "permessage-deflate", deflateAnswer},
		{many + many + "permessage-deflate; server_max_window_bits=15, permessage-deflate", deflateAnswer + fullWindow},
		{"permessage-deflate; nonsense, permessage-deflate", deflateAnswer},
		{"permessage-deflate; nonsense", none},
		{"permessage-deflate; server_max_window_bits", none},
		{"permessage-deflate; server_max_window_bits=14", none},
		{"permessage-deflate; server_max_window_bits=8", none},
		{"permessage-deflate; server_max_window_bits=16", none},
		{"permessage-deflate; server_max_window_bits=7", none},
		{"permessage-deflate; server_max_window_bits=015", none},
		{"permessage-deflate; server_max_window_bits=+15", none},
		{"permessage-deflate; server_max_window_bits=-15", none},
		{"permessage-deflate; server_max_window_bits=99999999999999999999", none},
		{"permessage-deflate; server_max_window_bits=x", none},
		{"permessage-deflate; client_max_window_bits=8", deflateAnswer},
		{"permessage-deflate; client_max_window_bits=7", none},
		{"permessage-deflate; client_max_window_bits=16", none},
		{"permessage-deflate; client_max_window_bits=08", none},
		{"permessage-deflate; client_no_context_takeover; client_no_context_takeover", none},
		{"permessage-deflate; client_max_window_bits; client_max_window_bits=10", none},
		{"permessage-deflate; server_no_context_takeover=1", none},
		{"permessage-deflate; client_no_context_takeover=\"true\"", none},
		{"Permessage-Deflate2", none},
		{"permessage-bzip2", none},
		{"", none},
		{",", none},
		// What is malformed offers nothing, whatever stands beside it.
		{"permessage-deflate;", none},
		{"permessage-deflate; =15", none},
		{"permessage-deflate; client_max_window_bits=", none},
		{"permessage-deflate; client_max_window_bits=\"\"", none},
		{"permessage-deflate; client_max_window_bits=\"15", none},
		{"permessage-deflate; client_max_window_bits=\"1 5\"", none},
		{"permessage-deflate; client_max_window_bits=\"15\"x", none},
		{"permessage-deflate client_max_window_bits", none},
		{"permessage-deflate, ;", none},
		{"permessage-deflate, \"foo\"", none},
		{"permessage-deflate\nfoo bar", none},
	} {
		if got := websocket.Agree(strings.Split(test.offer, "\n")...); got != test.answer {
			t.Errorf("%q agreed to as %q, want %q", test.offer, got, test.answer)
		}
	}
}

// A server that compresses nothing by default does not answer an offer, and one that does answers only an offer.
func TestNotOffered(t *testing.T) {
	for _, test := range []struct {
		name       string
		o          websocket.Options
		own        *websocket.Options
		offer      string
		answer     string
		compressed bool
	}{
		{name: "zero options", offer: deflateOffer},
		{name: "threshold alone", o: websocket.Options{Compression: websocket.Compression{Threshold: 1}}, offer: deflateOffer},
		{name: "enabled", o: withDeflate(), offer: deflateOffer, answer: deflateAnswer, compressed: true},
		{name: "enabled, nothing offered", o: withDeflate()},
		{name: "for this connection", own: new(withDeflate()), offer: deflateOffer, answer: deflateAnswer, compressed: true},
		{name: "not for this connection", o: withDeflate(), own: new(websocket.Options), offer: deflateOffer},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := websocket.NewServer(newRecorder(), test.o)
			defer s.Close()
			ours, theirs := tcp(t)
			conn, c := connectOffering(t, s, websocket.AcceptOptions{Options: test.own}, test.offer, ours, theirs)
			if c.extensions != test.answer || conn.Compressed() != test.compressed {
				t.Errorf("answer %q, compressed: %t", c.extensions, conn.Compressed())
			}
		})
	}
}

func withDeflate() websocket.Options {
	return websocket.Options{Compression: websocket.Compression{Enabled: true}}
}

// TestDialDeflate: our client and server agree if both want to, and understand each other in any case.
func TestDialDeflate(t *testing.T) {
	for _, test := range []struct {
		name           string
		server, client bool
	}{{"both", true, true}, {"server", true, false}, {"client", false, true}, {"none", false, false}} {
		t.Run(test.name, func(t *testing.T) {
			theirs := echo()
			s := websocket.NewServer(theirs, websocket.Options{
				Binary: true, WriteFrame: 1000, Compression: websocket.Compression{Enabled: test.server},
			})
			server := httptest.NewServer(door(s, websocket.AcceptOptions{}))
			defer server.Close()
			r, messages := collect()
			o := websocket.DialOptions{Options: websocket.Options{
				WriteFrame: 777, Compression: websocket.Compression{Enabled: test.client, Threshold: 1},
			}}
			conn, _, err := websocket.Dial(t.Context(), "ws://"+server.Listener.Addr().String(), r, o)
			if err != nil {
				t.Fatal(err)
			}
			if both := test.server && test.client; conn.Compressed() != both {
				t.Errorf("compressed: %t, want %t", conn.Compressed(), both)
			}
			for _, text := range []string{"", "a", sample(511), sample(512), sample(100_000), long, strings.Repeat("ü", 65536)} {
				if err := conn.SendWait(t.Context(), websocket.Text, []byte(text)); err != nil {
					t.Fatal(err)
				}
				if got := <-messages; got != "1:"+text {
					t.Errorf("echo of %d bytes is %d bytes: %.20q", len(text), len(got)-2, got)
				}
			}
			conn.Close(1000, "")
			r.wantClosed(t, 1000, "")
			s.Close()
			theirs.check(t)
		})
	}
}

// TestDialAnswers: a client takes only what it has offered (RFC 7692 section 5.1).
func TestDialAnswers(t *testing.T) {
	const plain = "permessage-deflate; server_no_context_takeover"
	for _, test := range []struct {
		answer string // lines of the header
		offer  bool
		want   string // "": dialled
	}{
		{answer: "", offer: true},
		{answer: plain, offer: true},
		{answer: deflateAnswer, offer: true},
		{answer: plain + "; server_max_window_bits=15", offer: true},
		{answer: plain + "; server_max_window_bits=8", offer: true},
		{answer: plain, want: "not offered"},
		{answer: "foo", offer: true, want: "not offered"},
		{answer: plain + ", foo", offer: true, want: "not offered"},
		{answer: plain + "\nfoo", offer: true, want: "not offered"},
		{answer: plain + "\n" + plain, offer: true, want: "not offered"},
		{answer: plain + ";", offer: true, want: "not offered"},
		{answer: ";", want: "not offered"},
		{answer: "permessage-deflate", offer: true, want: "other parameters"},
		{answer: plain + "; client_max_window_bits=15", offer: true, want: "other parameters"},
		{answer: plain + "; client_max_window_bits", offer: true, want: "other parameters"},
		{answer: plain + "; server_max_window_bits=7", offer: true, want: "other parameters"},
		{answer: plain + "; server_max_window_bits", offer: true, want: "other parameters"},
		{answer: plain + "; foo", offer: true, want: "other parameters"},
		{answer: plain + "; server_no_context_takeover", offer: true, want: "other parameters"},
	} {
		t.Run(test.answer, func(t *testing.T) {
			l := listen(t)
			go answerOnce(l, func(accept string) string {
				answer := "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + "\r\n"
				for line := range strings.SplitSeq(test.answer, "\n") {
					answer += "Sec-WebSocket-Extensions: " + line + "\r\n"
				}
				return answer + "\r\n"
			})
			o := websocket.DialOptions{Options: websocket.Options{Compression: websocket.Compression{Enabled: test.offer}}}
			r := newRecorder()
			conn, _, err := websocket.Dial(t.Context(), "ws://"+l.Addr().String(), r, o)
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Fatalf("got %v, want %q", err, test.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if compressed := test.answer != ""; conn.Compressed() != compressed {
				t.Errorf("compressed: %t, want %t", conn.Compressed(), compressed)
			}
			<-r.closed
		})
	}
}
