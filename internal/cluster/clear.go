package cluster

import "gangway/internal/gateway"

// DeleteAll removes every object that clients of the control plane can have made.
func (tx *Tx) DeleteAll() {
	for _, key := range tx.objects.below("") {
		if key.Up() != "" && key.Parent() == "" && !key.Within(gateway.Key(kindSystem)) {
			tx.Delete(key)
		}
	}
}
