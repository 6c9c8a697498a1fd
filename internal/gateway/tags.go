package gateway

import "strings"

// TagClientCA is the tag of a custom domain name that asks clients for a certificate: the name of a file in the folder of
// certificates, without its extension .ca, with those who may sign them.
const TagClientCA = optionPrefix + "client-ca"

// validateOwnTags refuses tags that ask for what an object of this kind does not have: the one that is meant might have been
// to keep somebody out.
func validateOwnTags(m map[string]string, understood string) error {
	for _, key := range sortedKeys(m) {
		if strings.HasPrefix(key, optionPrefix) && key != understood {
			return Errorf(ErrInvalid, "Unknown tag '%s'. Of those that begin with %s, only %s is understood here", key, optionPrefix, understood)
		}
	}
	return nil
}

// validateTags holds tags against the limits of the API Gateway quota page and of the tagging rules all services share.
func validateTags(m map[string]string) error {
	if len(m) > 50 {
		return Errorf(ErrInvalid, "A resource can have at most 50 tags, got %d", len(m))
	}
	for _, key := range sortedKeys(m) {
		err := check(
			length("tag key", key, 1, 128),
			when(strings.HasPrefix(strings.ToLower(key), "aws:"), "Tag keys that start with 'aws:' are reserved: '%s'", key),
			atMost("tag '"+key+"'", m[key], 1600),
		)
		if err != nil {
			return err
		}
	}
	return nil
}
