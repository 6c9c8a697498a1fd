package cluster

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"gangway/internal/gateway"
	"gangway/internal/store"
)

// ErrKey says that the secrets of a folder cannot be opened with the key there is, or that there is none.
var ErrKey = errors.New("the secrets cannot be opened")

// kindSystem is the kind of the objects that are ours and not a client's.
const kindSystem = "system"

// secret says whether the object under a key holds secrets. Signatures are checked with keys as they are, so no hash can
// stand in for them.
func secret(key gateway.Key) bool {
	switch topKind(key) {
	case "credentials", "apikeys", "clientcertificates", kindSystem:
		return true
	}
	return false
}

// topKind is the kind of the outermost object that a key names.
func topKind(key gateway.Key) string {
	kind, _, _ := strings.Cut(string(key), "/")
	return kind
}

// vault seals the values that hold secrets on their way to the log, and opens them on their way from it. It is told of each
// record in turn, by open or passed. It is not safe for concurrent use.
type vault struct {
	path string      // of the key file
	id   string      // of the key
	aead cipher.AEAD // nil: there is no key yet

	place  place                // of the next record
	sealed bool                 // the log has a sealed value
	plain  map[gateway.Key]bool // objects that it has in the clear, from before there were keys
}

// sealedValue is what the log holds in the place of a secret value.
type sealedValue struct {
	// Sealed is a nonce of 96 random bits, the ciphertext of AES-256-GCM and its tag. The place in the log and the key of the
	// object are authenticated with it, so that nobody can give an object the value of another, or one it had before.
	Sealed []byte `json:"sealed"`
	// Key is the id of the key it was sealed under.
	Key string `json:"key"`
}

// openVault takes the key from its file, if that is there.
func openVault(path string) (*vault, error) {
	v := &vault{path: path, plain: map[gateway.Key]bool{}}
	err := v.useKey()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return v, nil
}

func (v *vault) useKey() error {
	key, err := readKey(v.path)
	if err != nil {
		return err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	// NIST SP 800-38D, section 8.3: random nonces are good for 2^32 values under one key. No log gets that long.
	v.aead, err = cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	sum := sha256.Sum256(append([]byte("gangway key id\x00"), key...))
	v.id = hex.EncodeToString(sum[:6])
	return nil
}

// complete makes the key at the first start. The log was read before, so nothing is sealed under a key that is lost, and a
// key that another node has made meanwhile is as good.
func (v *vault) complete() error {
	if v.aead != nil {
		return nil
	}
	if err := makeKey(v.path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return v.useKey()
}

// seal gives changes as they go into the log, in its next record.
func (v *vault) seal(changes []store.Change) ([]store.Change, error) {
	if !slices.ContainsFunc(changes, func(c store.Change) bool { return secret(c.Key) }) {
		return changes, nil
	}
	changes = slices.Clone(changes)
	for i, change := range changes {
		if change.Value == nil || !secret(change.Key) {
			continue
		}
		value, err := json.Marshal(sealedValue{Sealed: v.aead.Seal(nil, nil, change.Value, v.place.of(change.Key)), Key: v.id})
		if err != nil {
			return nil, fmt.Errorf("seal %s: %w", change.Key, err)
		}
		changes[i].Value = value
	}
	return changes, nil
}

// passed notes a record that was written.
func (v *vault) passed(record *store.Record) { v.place = v.place.next(record) }

// open puts the values of the next record of the log as they were before they were sealed.
func (v *vault) open(record *store.Record) error {
	// Not value by value: no record of ours mixes sealed values with others, whatever their order.
	v.sealed = v.sealed || slices.ContainsFunc(record.Changes, func(c store.Change) bool {
		_, sealed := parseSealed(c)
		return sealed
	})
	next := v.place.next(record)
	for i, change := range record.Changes {
		if !secret(change.Key) {
			continue
		}
		delete(v.plain, change.Key)
		if change.Value == nil {
			continue
		}
		value, err := v.openValue(change)
		if err != nil {
			return fmt.Errorf("%s at revision %d: %w", change.Key, record.Revision, err)
		}
		record.Changes[i].Value = value
	}
	v.place = next
	return nil
}

// parseSealed says whether a change is of a secret and sealed.
func parseSealed(change store.Change) (value sealedValue, sealed bool) {
	if !secret(change.Key) || change.Value == nil {
		return value, false
	}
	err := json.Unmarshal(change.Value, &value)
	return value, err == nil && value.Sealed != nil
}

func (v *vault) openValue(change store.Change) (json.RawMessage, error) {
	sealed, ok := parseSealed(change)
	if !ok {
		return change.Value, v.admit(change.Key)
	}
	switch {
	case v.aead == nil:
		return nil, fmt.Errorf("%w: %s is missing: put the key file there whose key has the id %s, as it was kept beside the backup",
			ErrKey, v.path, sealed.Key)
	case sealed.Key != v.id:
		return nil, fmt.Errorf("%w: %s holds the key with the id %s: put the key file there whose key has the id %s",
			ErrKey, v.path, v.id, sealed.Key)
	}
	value, err := v.aead.Open(nil, nil, sealed.Sealed, v.place.of(change.Key))
	if err != nil {
		return nil, fmt.Errorf("%w: the value, or a record before it, is not what gangway wrote there", ErrKey)
	}
	return value, nil
}

// admit notes a value in the clear. Only our own objects can be from before there were keys, and only before anything was
// sealed. Anything else was written past the key.
func (v *vault) admit(key gateway.Key) error {
	if topKind(key) != kindSystem || v.sealed {
		return fmt.Errorf("%w: the value is in the clear, which gangway does not write there", ErrKey)
	}
	v.plain[key] = true
	return nil
}

// unsealed are the objects that the log has in the clear.
func (v *vault) unsealed() []gateway.Key { return slices.Sorted(maps.Keys(v.plain)) }
