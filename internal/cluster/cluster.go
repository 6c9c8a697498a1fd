// Package cluster is what all nodes of a gateway share: the definitions of APIs ([Objects]), the key that seals
// connection ids, and the count of starts by which one life of a node is told from another.
//
// Definitions are kept in memory, exactly as the log of changes in package store says; a write is in the log, durably,
// before anybody sees it. The package does not know what an object means: it keeps JSON under keys, in order of
// creation.
//
// # Secrets
//
// Objects of the kinds credentials, apikeys, clientcertificates and system, and all below them, hold secrets. Their values
// are sealed before they reach the log and opened when it is read: AES-256-GCM under a key that stands in a file of its own,
// with the object's key and a hash of all records before as additional data. So a sealed value is good for one object, in
// one place of one log. In memory all is in the clear.
//
// Whoever reads the folder or a backup, but not the key file, learns no secret. Keys of objects, times, principals and
// operations are in the clear, and so is every other kind.
//
// Whoever writes them, but does not read the key file, cannot make or change a secret value, give it to another object, or
// bring one back that was replaced or deleted. Nor can they change, add or take out a record before the last sealed value;
// each start writes one. [Open] answers all that with [ErrKey]. What they can do, and sealing does not show, is:
//   - cut the log off anywhere, or put an older copy there: then secrets, too, are what they were at that time;
//   - put records after the last sealed value that is left, which delete anything, or change what holds no secrets: routes,
//     say, and who may call them;
//   - put a log there in which nothing is sealed, with a key for connection ids that they know, or one sealed under the same
//     key elsewhere. No secret of this log can be taken along.
//
// The key file is made at the first start. It must be kept, apart from the backups: what was sealed under a key that is lost
// is lost. A folder whose log holds sealed values is never given a new key.
//
// A folder from before there were keys has system/seal in the clear. It is sealed at the next start, and from then on no
// value in the clear is taken. But a log forgets nothing: the record from before stays where it is, in the folder and in
// every backup of it.
//
// Today a cluster is one node, with its log in a folder of its own.
package cluster

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"gangway/internal/gateway"
	"gangway/internal/store"
)

// Keys of the objects that are ours and not a client's.
const (
	keySeal   = gateway.Key(kindSystem + "/seal")
	keyStarts = gateway.Key(kindSystem + "/starts")
)

// SnapshotKey is where the snapshot of a deployment stands: below it, and so gone when it is.
func SnapshotKey(deployment gateway.Key) gateway.Key {
	return deployment.Child("snapshots", deployment.ID())
}

// Config says where a cluster keeps what it keeps.
type Config struct {
	// Dir is the folder of the definitions, made if there is none.
	Dir string
	// KeyFile is the file of the key that secrets are sealed under. Empty: secret.key in Dir. It is made if there is none and
	// nothing was sealed yet; its folder is not.
	KeyFile string
}

// Cluster is this node's share in what all nodes share.
type Cluster struct {
	log         *store.Log
	objects     *Objects
	sealer      *gateway.Sealer
	incarnation uint32
	secret      []byte // what the key file holds
}

// Open opens the definitions in a folder and counts one more start. Its errors are those of [store.Open], which say what is
// wrong with the folder, and those of the key file: [ErrKey], and fs.ErrPermission if others can read it. After any
// of these the definitions and the key file are as they were.
func Open(ctx context.Context, cfg Config) (*Cluster, error) {
	log, err := store.Open(ctx, cfg.Dir)
	if err != nil {
		return nil, err
	}
	c := &Cluster{log: log}
	if err := c.open(ctx, cfg); err != nil {
		_ = log.Close() // the first error is the one that counts
		return nil, err
	}
	return c, nil
}

// open makes a key only once the log has been read: it may hold what is sealed under one that is missing.
func (c *Cluster) open(ctx context.Context, cfg Config) error {
	path, err := cfg.keyPath()
	if err != nil {
		return err
	}
	vault, err := openVault(path)
	if err != nil {
		return err
	}
	if c.objects, err = load(ctx, c.log, vault); err != nil {
		return err
	}
	if err := vault.complete(); err != nil {
		return err
	}
	if c.secret, err = readKey(path); err != nil {
		return err
	}
	return c.start(ctx, vault.unsealed())
}

// start counts a start of the node and, at the very first, makes the key that seals connection ids. It also seals what the
// log has in the clear.
func (c *Cluster) start(ctx context.Context, unsealed []gateway.Key) error {
	var seal struct {
		Key []byte `json:"key"`
	}
	var starts struct {
		Count uint32 `json:"count"`
	}
	err := c.objects.Update(ctx, Author{Principal: "gangway", Operation: "Start"}, func(tx *Tx) error {
		if err := rewrite(tx, unsealed); err != nil {
			return err
		}
		if err := read(tx, keySeal, &seal); err != nil {
			return err
		}
		if len(seal.Key) != 16 {
			seal.Key = make([]byte, 16)
			_, _ = rand.Read(seal.Key) // never fails: crypto/rand ends the process instead
			if err := tx.Put(keySeal, seal); err != nil {
				return err
			}
		}
		if err := read(tx, keyStarts, &starts); err != nil {
			return err
		}
		starts.Count++
		return tx.Put(keyStarts, starts)
	})
	if err != nil {
		return err
	}
	c.sealer, c.incarnation = gateway.NewSealer([16]byte(seal.Key)), starts.Count
	return nil
}

// rewrite writes objects once more as they are.
func rewrite(tx *Tx, keys []gateway.Key) error {
	for _, key := range keys {
		object, _ := tx.Get(key)
		if err := tx.Put(key, object.Value); err != nil {
			return err
		}
	}
	return nil
}

// read decodes an object of ours, if it is there.
func read(tx *Tx, key gateway.Key, into any) error {
	object, ok := tx.Get(key)
	if !ok {
		return nil
	}
	if err := json.Unmarshal(object.Value, into); err != nil {
		return fmt.Errorf("decode %s: %w", key, err)
	}
	return nil
}

// Objects are the definitions.
func (c *Cluster) Objects() *Objects { return c.objects }

// Sealer makes the connection ids of this cluster.
func (c *Cluster) Sealer() *gateway.Sealer { return c.sealer }

// Incarnation is the number of this start of this node. No other start has it, but for those of folders restored from the
// same backup; between these the random tags of slots tell connections apart.
func (c *Cluster) Incarnation() uint32 { return c.incarnation }

// Derive makes a key for another purpose of the one that secrets are sealed under.
func (c *Cluster) Derive(purpose string) []byte {
	mac := hmac.New(sha256.New, c.secret)
	_, _ = mac.Write([]byte("gangway " + purpose)) // a hash never fails
	return mac.Sum(nil)
}

// Close ends the use of the folder. What was written stays.
func (c *Cluster) Close() error { return c.log.Close() }
