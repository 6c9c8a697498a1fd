package ledger

// Encode is an entry as it is sealed.
func (e *Entry) Encode() ([]byte, error) { return e.encode() }

// DecodeEntry reads an entry.
func DecodeEntry(data []byte) (*Entry, error) { return decodeEntry(data) }

// ErrEntry is what is not an entry.
var ErrEntry = errEntry
