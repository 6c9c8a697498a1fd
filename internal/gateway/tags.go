package gateway

import "strings"

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
