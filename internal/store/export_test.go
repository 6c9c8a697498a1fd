package store

// FailHead makes the next write of the head fail, as a bad disk would.
func (l *Log) FailHead() error { return l.head.Close() }

// SlotStride is where the second slot of the head begins.
const SlotStride = slotStride
