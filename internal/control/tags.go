package control

import (
	"encoding/json"
	"fmt"
	"maps"

	"gangway/internal/cluster"
	"gangway/internal/gateway"
)

// tagHolder is what is read of an object that has tags.
type tagHolder struct {
	Tags map[string]string `json:"tags"`
}

// tagKeys is the query parameter that names the tags to remove.
const tagKeys = "tagKeys"

func tagsBody() []any { return []any{new(tagHolder)} }

// taggable are the kinds of object that can have tags, and how each is written: "Tagging your API Gateway resources" in the developer guide.
var taggable = map[string]func(tx *cluster.Tx, key gateway.Key, value []byte) error{
	"apis": apis.put, "stages": stages.put, "domainnames": domains.put, "vpclinks": links.put,
	"apikeys": apiKeys.put, "usageplans": plans.put, "clientcertificates": certificates.put, "vpclinksv1": linksV1.put,
}

// put replaces an object by JSON that says the same but for what it is asked to change.
func (r *resource[T, P]) put(tx *cluster.Tx, key gateway.Key, value []byte) error {
	p, err := r.decode(cluster.Object{Key: key, Value: value})
	if err != nil {
		return err
	}
	if err := p.Validate(); err != nil {
		return err
	}
	return tx.Put(key, p)
}

// getTags are the tags of the object that an ARN names.
func getTags(c *call) (any, error) {
	key, err := c.keyOfTagged(c.Objects)
	if err != nil {
		return nil, err
	}
	stored, _ := c.Objects.Get(key)
	object := tagHolder{Tags: map[string]string{}}
	return &object, decodeStored(stored, &object)
}

// tagResource adds tags, in place of those of the same key.
func tagResource(c *call) (any, error) {
	_, err := tagResourceV1(c)
	return struct{}{}, err
}

// tagResourceV1 does the same and answers with nothing.
func tagResourceV1(c *call) (any, error) {
	var body tagHolder
	if err := decode(c.body, &body); err != nil {
		return nil, err
	}
	return nil, c.retag(func(tags map[string]string) { maps.Copy(tags, body.Tags) })
}

// untagResource removes tags; one that is not there is no error.
func untagResource(c *call) (any, error) {
	if len(c.query[tagKeys]) == 0 {
		return nil, gateway.Errorf(gateway.ErrInvalid, "tagKeys is required: the keys of the tags to remove, each as a query parameter tagKeys=…")
	}
	return nil, c.retag(func(tags map[string]string) {
		for _, key := range c.query[tagKeys] {
			delete(tags, key)
		}
	})
}

// retag changes the tags of the object that an ARN names, and nothing else of it.
func (c *call) retag(change func(map[string]string)) error {
	return c.update(func(tx *cluster.Tx) error {
		key, err := c.keyOfTagged(tx)
		if err != nil {
			return err
		}
		stored, _ := tx.Get(key)
		var object map[string]json.RawMessage
		holder := tagHolder{Tags: map[string]string{}}
		if err := decodeStored(stored, &object); err != nil {
			return err
		}
		if err := decodeStored(stored, &holder); err != nil {
			return err
		}
		change(holder.Tags)
		if object["tags"], err = json.Marshal(holder.Tags); err != nil {
			return fmt.Errorf("encode tags: %w", err)
		}
		value, err := json.Marshal(object)
		if err != nil {
			return fmt.Errorf("encode tags: %w", err)
		}
		return taggable[key.Kind()](tx, key, value)
	})
}

// named is the key of what an ARN names. Both kinds of VPC link have the same ARNs.
func named(in reader, arn string) (gateway.Key, bool) {
	key, ok := gateway.KeyOfARN(arn)
	if other := gateway.Key("").Child("vpclinksv1", key.ID()); key.Kind() == "vpclinks" && has(in, other) {
		key = other
	}
	return key, ok
}

// keyOfTagged is the key of what is tagged, which has to be there.
func (c *call) keyOfTagged(in reader) (gateway.Key, error) {
	arn := c.tagged()
	key, ok := named(in, arn)
	if !ok || taggable[key.Kind()] == nil {
		return "", gateway.Errorf(gateway.ErrInvalid, "Invalid ARN '%s'. Expected arn:aws:apigateway:%s::/apis/API, "+
			"…/apis/API/stages/STAGE, …/domainnames/NAME, …/vpclinks/ID, …/apikeys/ID, …/usageplans/ID or …/clientcertificates/ID",
			arn, c.Names.Region)
	}
	return key, c.exists(in, key)
}
