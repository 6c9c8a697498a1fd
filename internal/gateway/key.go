package gateway

import "strings"

// Key says where an object of the control plane stands, and so is what it is called: "apis/a1/routes/r1".
// Kinds and ids alternate; an id holds no slash. The zero Key is the root, the parent of every top-level object.
type Key string

// Child is the key of the object of a kind with an id below k. An id that a client has made up may hold a slash: it is
// written %2F, as in paths, and so leads nowhere but to that very id.
func (k Key) Child(kind, id string) Key {
	id = strings.ReplaceAll(id, "/", "%2F")
	if k == "" {
		return Key(kind + "/" + id)
	}
	return k + Key("/"+kind+"/"+id)
}

// Parent is the key of the object that k belongs to, or the root.
func (k Key) Parent() Key { return k.Up().Up() }

// Kind is the collection k stands in: "routes".
func (k Key) Kind() string {
	_, kind := k.Up().cut()
	return kind
}

// ID is the last part of k, by which its collection knows it.
func (k Key) ID() string {
	_, id := k.cut()
	return id
}

// Up is k without its last part: the collection of an object ("apis/a1/routes"), the object that owns a collection.
func (k Key) Up() Key {
	head, _ := k.cut()
	return head
}

// Within says whether k is ancestor or stands below it.
func (k Key) Within(ancestor Key) bool {
	return k == ancestor || ancestor == "" || strings.HasPrefix(string(k), string(ancestor)+"/")
}

// cut splits off the last part.
func (k Key) cut() (Key, string) {
	i := strings.LastIndexByte(string(k), '/')
	if i < 0 {
		return "", string(k)
	}
	return k[:i], string(k[i+1:])
}
