// Package cluster is what all nodes of a gateway share: the definitions of APIs ([Objects]), the key that seals
// connection ids, and the count of starts by which one life of a node is told from another.
//
// Definitions are kept in memory, exactly as the log of changes in package store says; a write is in the log, durably,
// before anybody sees it. The package does not know what an object means: it keeps JSON under keys, in order of
// creation.
//
// Today a cluster is one node, with its log in a folder of its own.
package cluster

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"

	"gangway/internal/gateway"
	"gangway/internal/store"
)

// Keys of the objects that are ours and not a client's.
const (
	keySeal   = gateway.Key("system/seal")
	keyStarts = gateway.Key("system/starts")
)

// SnapshotKey is where the snapshot of a deployment stands: below it, and so gone when it is.
func SnapshotKey(deployment gateway.Key) gateway.Key {
	return deployment.Child("snapshots", deployment.ID())
}

// Cluster is this node's share in what all nodes share.
type Cluster struct {
	log         *store.Log
	objects     *Objects
	sealer      *gateway.Sealer
	incarnation uint32
}

// Open opens the definitions in a folder, which it makes if there is none, and counts one more start. Its errors are
// those of [store.Open], and say what is wrong with the folder.
func Open(ctx context.Context, dir string) (*Cluster, error) {
	log, err := store.Open(ctx, dir)
	if err != nil {
		return nil, err
	}
	c := &Cluster{log: log}
	if c.objects, err = load(ctx, log); err == nil {
		err = c.start(ctx)
	}
	if err != nil {
		_ = log.Close() // the first error is the one that counts
		return nil, err
	}
	return c, nil
}

// start counts a start of the node and, at the very first, makes the key that seals connection ids.
func (c *Cluster) start(ctx context.Context) error {
	var seal struct {
		Key []byte `json:"key"`
	}
	var starts struct {
		Count uint32 `json:"count"`
	}
	err := c.objects.Update(ctx, Author{Principal: "gangway", Operation: "Start"}, func(tx *Tx) error {
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

// Close ends the use of the folder. What was written stays.
func (c *Cluster) Close() error { return c.log.Close() }
