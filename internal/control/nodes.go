package control

import "time"

// A Node is a node as it is listed.
type Node struct {
	NodeID           string    `json:"nodeId"`
	Self             bool      `json:"self"` // it is the one that answers
	Version          string    `json:"version"`
	GoVersion        string    `json:"goVersion"`
	StartedAt        time.Time `json:"startedAt"`
	State            string    `json:"state"` // "ready", "stopping" or "unwritable"
	Connections      int       `json:"connections"`
	MemoryBytes      int64     `json:"memoryBytes"`
	MemoryLimitBytes int64     `json:"memoryLimitBytes,omitempty"` // there may be none
	Goroutines       int       `json:"goroutines"`
	DataURL          string    `json:"dataUrl"`
	AdminURL         string    `json:"adminUrl"`
	Revision         uint64    `json:"revision"`                // of the definitions
	DiskFreeBytes    *uint64   `json:"diskFreeBytes,omitempty"` // there are systems that do not say
}

// listNodes lists the nodes that share the definitions.
func listNodes(c *call) (any, error) {
	items := []any{}
	for _, n := range c.Nodes() {
		items = append(items, &n)
	}
	return paginationV2.page(items, ""), nil
}

// noNodes is who knows of none.
func noNodes() []Node { return nil }
