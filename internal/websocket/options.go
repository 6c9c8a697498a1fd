package websocket

import (
	"cmp"
	"log/slog"
	"math"
	"time"
)

// Options bound what a connection may do. The zero value holds the limits of Amazon API Gateway (developer guide,
// "Quotas for configuring and running a WebSocket API") and, where it has none, safe ones. A negative value means
// no limit. For a dialled connection a zero limit on what the server sends (the first seven fields) means none too.
type Options struct {
	MaxFrame       int64         // payload bytes of one frame received, as they come; 32768, else 1009
	MaxMessage     int64         // payload bytes of one message received, inflated; 131072, else 1009
	MaxFragments   int           // frames of one message received; 4096, else 1008
	MaxControlRate int           // control frames received in a second; 100, else 1008
	MessageTime    time.Duration // from the first to the last fragment of a message; 30 s, else 1008
	Idle           time.Duration // without a data message in either direction; 10 min, then 1001
	Lifetime       time.Duration // of the connection; 2 h, then 1001

	Binary     bool // accept binary messages; unset, a binary frame closes with 1003 as soon as its header is there
	PingsCount bool // the client's pings and pongs are activity; an answer to our own ping never is

	Ping     time.Duration // silence after which we ping; 60 s. Dialled: none
	PongWait time.Duration // from our ping to any byte, and from data sent to its TCP acknowledgement; 30 s, else 1006

	QueueBytes    int           // payload bytes waiting to be sent, as they will be; 1 MiB, else ErrQueueFull
	QueueMessages int           // messages waiting to be sent; 1000, else ErrQueueFull
	HeldBytes     int           // waiting to be sent, or of unfinished messages, on all connections of the server with these options; 256 MiB
	Stall         time.Duration // without progress while data waits to be sent; 10 s, else 1006 "slow consumer"
	CloseWait     time.Duration // from our close frame to the end of the connection; 5 s. Negative: not at all
	WriteFrame    int           // payload bytes of one frame sent, longer messages are continued; 32768. Dialled: none

	Compression Compression // of messages, in both directions; unset: none

	Logger *slog.Logger // where a panic of the handler is reported; nil: nowhere

	filled bool
}

// Compression says whether and when permessage-deflate (RFC 7692) is used. The zero value never agrees to it.
type Compression struct {
	Enabled   bool // agree to it, or offer it when dialling
	Threshold int  // payload bytes from which a message sent is compressed, if that makes it shorter; 512. Negative: none is
}

// WithDefaults returns a copy of o with every default filled in for the accepting side. Accept uses such a copy as it is,
// so that connections with the same options share one.
func (o *Options) WithDefaults() *Options {
	if o.filled {
		return o
	}
	f := *o
	f.MaxFrame = orLimit(f.MaxFrame, 32<<10)
	f.MaxMessage = orLimit(f.MaxMessage, 128<<10)
	f.MaxFragments = orLimit(f.MaxFragments, 4096)
	f.MaxControlRate = orLimit(f.MaxControlRate, 100)
	f.MessageTime = orTime(f.MessageTime, 30*time.Second)
	f.Idle = orTime(f.Idle, 10*time.Minute)
	f.Lifetime = orTime(f.Lifetime, 2*time.Hour)
	f.Ping = orTime(f.Ping, time.Minute)
	f.WriteFrame = orLimit(f.WriteFrame, 32<<10)
	f.fillCommon()
	return &f
}

// forDial fills in the defaults of a client, which trusts the server it has chosen.
func (o *Options) forDial() *Options {
	f := *o
	f.MaxFrame = orLimit(f.MaxFrame, -1)
	f.MaxMessage = orLimit(f.MaxMessage, -1)
	f.MaxFragments = orLimit(f.MaxFragments, -1)
	f.MaxControlRate = orLimit(f.MaxControlRate, -1)
	f.MessageTime = orTime(f.MessageTime, -1)
	f.Idle = orTime(f.Idle, -1)
	f.Lifetime = orTime(f.Lifetime, -1)
	f.Ping = orTime(f.Ping, -1)
	f.WriteFrame = orLimit(f.WriteFrame, -1)
	f.Binary = true
	f.fillCommon()
	return &f
}

// fillCommon fills in what is the same for both sides.
func (o *Options) fillCommon() {
	o.PongWait = orTime(o.PongWait, 30*time.Second)
	o.QueueBytes = orLimit(o.QueueBytes, 1<<20)
	o.QueueMessages = orLimit(o.QueueMessages, 1000)
	o.HeldBytes = orLimit(o.HeldBytes, 256<<20)
	o.Compression.Threshold = orLimit(o.Compression.Threshold, 512)
	o.Stall = orTime(o.Stall, 10*time.Second)
	o.CloseWait = max(0, cmp.Or(o.CloseWait, 5*time.Second))
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.filled = true
}

// forever outlasts every connection and leaves room for deadlines to be added up.
const forever = time.Duration(math.MaxInt64 >> 2)

// orLimit is the limit v, its default if v is zero, and none if v is negative.
func orLimit[T int | int64](v, fallback T) T {
	if v = cmp.Or(v, fallback); v < 0 {
		return math.MaxInt
	}
	return v
}

// orTime is the time v, its default if v is zero, and forever if v is negative.
func orTime(v, fallback time.Duration) time.Duration {
	if v = cmp.Or(v, fallback); v < 0 {
		return forever
	}
	return v
}
