package chat

import (
	"slices"
	"strings"
	"sync"
)

// A Member is a connection and the name it has joined by.
type Member struct {
	ConnectionID string `json:"connectionId"`
	Name         string `json:"name,omitempty"` // empty before it joins
}

// room is who is connected. The zero value is an empty room.
type room struct {
	mu    sync.Mutex
	names map[string]string // connection id -> name
}

// enter notes a connection and returns its name. Every event does this and not only $connect, so that a backend that was
// restarted finds its clients again.
func (r *room) enter(id string) (name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.names == nil {
		r.names = map[string]string{}
	}
	name = r.names[id]
	r.names[id] = name
	return name
}

// rename gives a connection another name and returns the old one.
func (r *room) rename(id, name string) (old string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	old = r.names[id]
	r.names[id] = name
	return old
}

// remove forgets a connection and returns its name.
func (r *room) remove(id string) (name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	name = r.names[id]
	delete(r.names, id)
	return name
}

// members are all connections, by name and then by id.
func (r *room) members() []Member {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]Member, 0, len(r.names))
	for id, name := range r.names {
		list = append(list, Member{ConnectionID: id, Name: name})
	}
	slices.SortFunc(list, func(a, b Member) int {
		return strings.Compare(a.Name+"\x00"+a.ConnectionID, b.Name+"\x00"+b.ConnectionID)
	})
	return list
}
