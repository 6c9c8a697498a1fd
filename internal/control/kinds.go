package control

import (
	"encoding/json"
	"fmt"
	"strings"

	"gangway/internal/cluster"
	"gangway/internal/gateway"
)

// kind is what messages say of a kind of object.
type kind struct {
	noun string
	// missing is said of one that does not exist.
	missing string
}

// kinds are all kinds of object. The sentences are the service's where they are known.
var kinds = map[string]kind{
	"account":              {"account", "Invalid account"},
	"apikeys":              {"API Key", "Invalid API Key identifier specified"},
	"apimappings":          {"ApiMapping", "Unable to find ApiMapping with ID {id}"},
	"apis":                 {"API", "Invalid API identifier specified {account}:{id}"},
	"authorizers":          {"Authorizer", "Invalid Authorizer identifier specified {id}"},
	"clientcertificates":   {"client certificate", "Invalid Client Certificate identifier specified"},
	"credentials":          {"credential", "Invalid credential name specified {id}"},
	"deployments":          {"Deployment", "Invalid Deployment identifier specified {id}"},
	"domainnames":          {"domain name", "Invalid domain name identifier specified"},
	"integrationresponses": {"IntegrationResponse", "Invalid IntegrationResponse identifier specified {id}"},
	"integrations":         {"Integration", "Invalid Integration identifier specified {id}"},
	"keys":                 {"usage plan key", "Invalid Usage Plan Key identifier specified"},
	"models":               {"Model", "Invalid Model identifier specified {id}"},
	"routeresponses":       {"RouteResponse", "Invalid RouteResponse identifier specified {id}"},
	"routes":               {"Route", "Invalid Route identifier specified {id}"},
	"stages":               {"Stage", "Invalid stage identifier specified"},
	"usageplans":           {"Usage Plan", "Invalid Usage Plan ID specified"},
	"vpclinks":             {"VpcLink", "Invalid VpcLink identifier specified {id}"},
	"vpclinksv1":           {"VpcLink", "Invalid Vpc Link identifier specified"},
}

// reader is what objects are looked up in: all of them, or a write in the making.
type reader interface {
	Get(key gateway.Key) (cluster.Object, bool)
	List(collection gateway.Key) []cluster.Object
}

// exists makes sure of an object and of every object above it, the topmost first.
func (c *call) exists(in reader, key gateway.Key) error {
	if key == "" {
		return nil
	}
	if err := c.exists(in, key.Parent()); err != nil {
		return err
	}
	if _, ok := in.Get(key); ok {
		return nil
	}
	k, ok := kinds[key.Kind()]
	if !ok {
		k.missing = "Invalid identifier specified {id}"
	}
	message := strings.NewReplacer("{id}", key.ID(), "{account}", c.Names.Account).Replace(k.missing)
	return gateway.Errorf(gateway.ErrNotFound, "%s", message)
}

// apiOf is the key of the API that an object belongs to.
func apiOf(key gateway.Key) gateway.Key {
	for key.Kind() != "apis" && key != "" {
		key = key.Parent()
	}
	return key
}

// member is a decoded object of a collection.
type member[T any] struct {
	key    gateway.Key
	object T
}

// members decodes a whole collection.
func members[T any](in reader, collection gateway.Key) ([]member[T], error) {
	stored := in.List(collection)
	all := make([]member[T], len(stored))
	for i, object := range stored {
		all[i].key = object.Key
		if err := decodeStored(object, &all[i].object); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// decodeStored reads an object as it was stored.
func decodeStored(stored cluster.Object, onto any) error {
	if err := json.Unmarshal(stored.Value, onto); err != nil {
		return fmt.Errorf("decode %s: %w", stored.Key, err)
	}
	return nil
}

func conflict(bad bool, format string, args ...any) error {
	if !bad {
		return nil
	}
	return gateway.Errorf(gateway.ErrConflict, format, args...)
}

// was is an object as it was; the zero object, if there was none.
func was[T any](in reader, key gateway.Key) (T, error) {
	var object T
	stored, exists := in.Get(key)
	if !exists {
		return object, nil
	}
	return object, decodeStored(stored, &object)
}

func has(in reader, key gateway.Key) bool {
	_, exists := in.Get(key)
	return exists
}
