package registry

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/json"
	"errors"
	"fmt"
)

// A seal keeps what functions have in their environment from who reads the disk but not the key: AES-256-GCM, good for one function.
// Without a key nothing is sealed.
type seal struct{ aead cipher.AEAD }

// unlock has environments be sealed with a key, if there is one.
func (s *shelf) unlock(key []byte) error {
	if key == nil {
		return nil
	}
	block, err := aes.NewCipher(key)
	if err == nil {
		s.seal.aead, err = cipher.NewGCMWithRandomNonce(block)
	}
	if err != nil {
		return fmt.Errorf("key of environments: %w", err)
	}
	return nil
}

// about is what a sealed environment is bound to.
func about(f *function) []byte { return []byte("functions/" + f.Name) }

// marshal is the definition as it is on disk.
func (s *seal) marshal(f *function) ([]byte, error) {
	if s.aead == nil || f.Settings.Environment == nil {
		return json.Marshal(f)
	}
	plain, err := json.Marshal(f.Settings.Environment)
	if err != nil {
		return nil, err
	}
	kept := *f
	kept.Settings.Environment = nil
	kept.Sealed = s.aead.Seal(nil, nil, plain, about(f))
	return json.Marshal(&kept)
}

// open puts the environment back into a definition that was read.
func (s *seal) open(f *function) error {
	if len(f.Sealed) == 0 {
		return nil
	}
	if s.aead == nil {
		return errSealed
	}
	plain, err := s.aead.Open(nil, nil, f.Sealed, about(f))
	f.Sealed = nil
	if err != nil || json.Unmarshal(plain, &f.Settings.Environment) != nil {
		return errSealed
	}
	return nil
}

var errSealed = errors.New("damaged: its environment was sealed with another key, or is not what was sealed")
