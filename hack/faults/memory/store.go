package memory

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/util/uuid"
)

// object is an object as JSON has it.
type object = map[string]any

// place is where objects are: a resource in a namespace.
type place struct{ resource, namespace string }

// store keeps objects, and tells watches of every change.
type store struct {
	mu       sync.Mutex
	revision int64
	objects  map[place]map[string]object // never changed once stored
	watches  map[place][]*stream
}

// metaOf returns the metadata of an object, which is there from then on.
func metaOf(o object) object {
	m, ok := o["metadata"].(object)
	if !ok {
		m = object{}
		o["metadata"] = m
	}
	return m
}

func (s *store) version() string { return strconv.FormatInt(s.revision, 10) }

// list returns the objects of a place, by name.
func (s *store) list(at place) []object {
	var found []object
	for _, name := range slices.Sorted(maps.Keys(s.objects[at])) {
		found = append(found, s.objects[at][name])
	}
	return found
}

// create stores a new object.
func (s *store) create(at place, o object) object {
	m := metaOf(o)
	m["uid"], m["generation"] = string(uuid.NewUUID()), 1
	m["creationTimestamp"] = time.Now().UTC().Format(time.RFC3339)
	if at.namespace != "" {
		m["namespace"] = at.namespace
	}
	if at.resource == "credentialassignments" {
		o["status"] = object{"observedGeneration": -1}
	}
	s.keep(at, o, "ADDED")
	return o
}

// replace stores another version of an object, unless it is the same. One that is deleted and has no finalizer goes.
func (s *store) replace(at place, before, o object) object {
	if reflect.DeepEqual(before, o) {
		return before
	}
	m := metaOf(o)
	if !reflect.DeepEqual(before["spec"], o["spec"]) || metaOf(before)["deletionTimestamp"] != m["deletionTimestamp"] {
		m["generation"] = number(m["generation"]) + 1
	}
	finalizers, _ := m["finalizers"].([]any)
	if m["deletionTimestamp"] == nil || len(finalizers) > 0 || at.resource == "namespaces" {
		s.keep(at, o, "MODIFIED")
		return o
	}
	gone := copied(o)
	metaOf(gone)["finalizers"] = metaOf(before)["finalizers"]
	s.revision++
	metaOf(gone)["resourceVersion"] = s.version()
	delete(s.objects[at], m["name"].(string))
	s.tell(at, "DELETED", gone)
	return o
}

// keep stores an object under the next revision, and tells who watches.
func (s *store) keep(at place, o object, event string) {
	s.revision++
	m := metaOf(o)
	m["resourceVersion"] = s.version()
	if s.objects[at] == nil {
		s.objects[at] = map[string]object{}
	}
	s.objects[at][m["name"].(string)] = o
	s.tell(at, event, o)
}

// remove deletes an object, or marks it as deleted while it has a finalizer.
func (s *store) remove(at place, before object) object {
	o := copied(before)
	if metaOf(o)["deletionTimestamp"] == nil {
		metaOf(o)["deletionTimestamp"] = time.Now().UTC().Format(time.RFC3339)
		metaOf(o)["deletionGracePeriodSeconds"] = 0
	}
	return s.replace(at, before, o)
}

func (s *store) tell(at place, event string, o object) {
	for _, w := range s.watches[at] {
		w.send(event, o)
	}
}

// number reads a number, whether it came from JSON or was set here.
func number(v any) int64 {
	switch n := v.(type) {
	case int:
		return int64(n)
	case int64:
		return n
	case float64:
		return int64(n)
	default:
		return 0
	}
}

// copied returns a deep copy.
func copied(o object) object { return clone(o).(object) }

func clone(v any) any {
	switch v := v.(type) {
	case object:
		c := make(object, len(v))
		for name, value := range v {
			c[name] = clone(value)
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i := range v {
			c[i] = clone(v[i])
		}
		return c
	default:
		return v
	}
}

// merged returns a value with a JSON merge patch applied, as RFC 7386 has it.
func merged(v, patch any) any {
	changes, ok := patch.(object)
	if !ok {
		return patch
	}
	o, ok := v.(object)
	if !ok {
		o = object{}
	}
	o = maps.Clone(o)
	for name, change := range changes {
		if change == nil {
			delete(o, name)
		} else {
			o[name] = merged(o[name], change)
		}
	}
	return o
}
