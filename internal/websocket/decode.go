package websocket

// A decoder turns the bytes of a connection, cut anywhere, into messages and control frames. It does no input or output
// and never allocates more than has arrived.
type decoder struct {
	limits *Options
	dialect

	// The frame being read: its header as far as it was cut off, then what is left of its payload.
	cut     [maxHeader]byte
	cutSize int
	head    header
	inFrame bool
	left    int64
	control []byte // a control payload so far

	// The message being read.
	op         Opcode // 0: none
	compressed bool   // it, or else the one before
	text       textCheck
	fragments  int
	size       int64
	message    []byte
}

// An event is a whole message, or a whole control frame. Its payload is valid until the next call of the decoder. That of
// a message for which decoder.compressed is set is to be inflated, and has not been judged.
type event struct {
	op      Opcode
	payload []byte
}

// fragmented reports whether a message of more than one frame is unfinished.
func (d *decoder) fragmented() bool {
	return d.op != 0 && (d.fragments > 1 || !d.inFrame || d.head.op.control() || !d.head.fin)
}

// resting reports whether nothing is unfinished.
func (d *decoder) resting() bool { return d.cutSize == 0 && !d.inFrame && d.op == 0 }

// next consumes the first n bytes of in, which it unmasks in place, up to the end of the next event.
// Without one, ok is false and all of in is consumed. An error is a *closeError, and final.
func (d *decoder) next(in []byte) (ev event, ok bool, n int, bad *closeError) {
	for {
		if !d.inFrame {
			used, bad := d.begin(in[n:])
			n += used
			if bad != nil || !d.inFrame {
				return event{}, false, n, bad
			}
		}
		piece := in[n:]
		if int64(len(piece)) > d.left {
			piece = piece[:d.left]
		}
		n += len(piece)
		ev, ok, bad = d.take(piece)
		if ok || bad != nil || d.inFrame {
			return ev, ok, n, bad
		}
	}
}

// begin reads a header. It leaves inFrame unset if there is not enough for one.
func (d *decoder) begin(in []byte) (used int, bad *closeError) {
	source := in
	if d.cutSize > 0 {
		used = copy(d.cut[d.cutSize:], in)
		source = d.cut[:d.cutSize+used]
	}
	h, size, bad := parseHeader(source, d.dialect)
	if bad != nil {
		return len(in), bad
	}
	if size == 0 {
		d.cutSize = copy(d.cut[:], source)
		return len(in), nil
	}
	used = size - d.cutSize
	d.cutSize = 0
	d.head, d.left, d.inFrame = h, h.length, true
	if h.op.control() {
		return used, nil
	}
	return used, d.admit(&h)
}

// admit judges a data frame by its header, before any of its payload.
func (d *decoder) admit(h *header) *closeError {
	switch {
	case h.op == opContinuation && d.op == 0: // RFC 6455 section 5.4
		return &closeError{StatusProtocolError, "continuation without a message"}
	case h.op != opContinuation && d.op != 0:
		return &closeError{StatusProtocolError, "message within a message"}
	case h.op == Binary && !d.limits.Binary:
		return &closeError{StatusUnsupported, "binary messages are not supported"}
	case h.length > d.limits.MaxFrame:
		return &closeError{StatusTooBig, "frame is too big"}
	case h.length > d.limits.MaxMessage-d.size && !d.mayInflate(h):
		return &closeError{StatusTooBig, "message is too big"}
	case d.fragments >= d.limits.MaxFragments:
		return &closeError{StatusPolicy, "message has too many fragments"}
	}
	if h.op != opContinuation {
		d.op, d.compressed = h.op, h.compressed
	}
	d.fragments++
	d.size += h.length
	return nil
}

// mayInflate reports whether a message that is longer than MaxMessage with this frame may be shorter inflated.
func (d *decoder) mayInflate(h *header) bool {
	compressed := h.compressed
	if h.op == opContinuation {
		compressed = d.compressed
	}
	return compressed && h.length <= wireLimit(d.limits.MaxMessage)-d.size
}

// take consumes a piece of the payload of the current frame.
func (d *decoder) take(piece []byte) (ev event, ok bool, bad *closeError) {
	if d.head.masked {
		d.head.key = mask(piece, d.head.key)
	}
	whole := int64(len(piece)) == d.head.length
	d.left -= int64(len(piece))
	d.inFrame = d.left > 0
	if d.head.op.control() {
		return d.takeControl(piece, whole)
	}
	if d.op == Text && !d.compressed && !d.text.write(piece) {
		return event{}, false, errNotText()
	}
	if d.inFrame || !d.head.fin {
		d.message = append(d.message, piece...)
		return event{}, false, nil
	}
	if d.op == Text && !d.text.complete() { // a compressed one has not begun it
		return event{}, false, errNotText()
	}
	ev = event{d.op, piece}
	if !whole || d.fragments > 1 {
		ev.payload = append(d.message, piece...)
	}
	d.op, d.fragments, d.size, d.message = 0, 0, 0, nil
	return ev, true, nil
}

// takeControl consumes a piece of a control frame. These may come between the frames of a message, which they leave alone.
func (d *decoder) takeControl(piece []byte, whole bool) (ev event, ok bool, bad *closeError) {
	if whole {
		return event{d.head.op, piece}, true, nil
	}
	d.control = append(d.control, piece...)
	if d.inFrame {
		return event{}, false, nil
	}
	ev = event{d.head.op, d.control}
	d.control = nil
	return ev, true, nil
}

func errNotText() *closeError { return &closeError{StatusInvalidData, "text is not UTF-8"} }
