package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// sightings are when a watch first showed objects created, Ready and gone. It decodes no more than it needs, because what it
// costs is taken from the two that are compared.
type sightings struct {
	names string // that an object's name has to begin with

	mu    sync.Mutex
	ready map[string]time.Time
	gone  map[string]time.Time
	err   error // why the watch ended before its time
}

// watchEvent is one line of a watch.
type watchEvent struct {
	Type   string
	Object struct {
		Message  string // of a Status
		Metadata struct{ Name, ResourceVersion string }
		Status   struct {
			Conditions []struct{ Type, Status string }
		}
	}
}

func (e *watchEvent) isReady() bool {
	for _, c := range e.Object.Status.Conditions {
		if c.Type == v1alpha1.ConditionReady {
			return c.Status == "True"
		}
	}
	return false
}

// watch notes what happens from now on to the objects of some doors, until stop is called.
func (w *world) watch(ctx context.Context, d doors) (s *sightings, stop func(), err error) {
	var list v1alpha1.CredentialAssignmentList
	if err := w.api.List(ctx, &list, client.InNamespace(namespace), client.Limit(1)); err != nil {
		return nil, nil, err
	}
	watcher, err := rest.HTTPClientFor(w.config)
	if err != nil {
		return nil, nil, err
	}
	s = &sightings{names: d.name + "-", ready: map[string]time.Time{}, gone: map[string]time.Time{}}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.follow(ctx, watcher, w.config.Host, list.ResourceVersion)
	}()
	return s, func() { cancel(); <-ended }, nil
}

// follow watches on and on: the API server ends each watch some time, and one that does not keep up at once.
func (s *sightings) follow(ctx context.Context, watcher *http.Client, host, version string) {
	for ctx.Err() == nil {
		next, err := s.stream(ctx, watcher, host, version)
		if err != nil && ctx.Err() == nil {
			s.mu.Lock()
			s.err = fmt.Errorf("watching the objects: %w", err)
			s.mu.Unlock()
			return
		}
		version = next
	}
}

// stream reads one watch to its end, and returns where the next one has to begin.
func (s *sightings) stream(ctx context.Context, watcher *http.Client, host, version string) (next string, err error) {
	query := url.Values{"watch": {"true"}, "allowWatchBookmarks": {"true"}, "resourceVersion": {version}}
	address := fmt.Sprintf("%s/apis/%s/namespaces/%s/credentialassignments?%s", host, v1alpha1.GroupVersion, namespace, query.Encode())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return version, err
	}
	res, err := watcher.Do(req)
	if err != nil {
		return version, err
	}
	defer func() { _ = res.Body.Close() }()
	for lines := json.NewDecoder(res.Body); ; {
		var event watchEvent
		if err := lines.Decode(&event); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return version, nil
		} else if err != nil {
			return version, err
		}
		if event.Type == "ERROR" {
			return version, errors.New(event.Object.Message)
		}
		version = event.Object.Metadata.ResourceVersion
		s.note(&event, time.Now())
	}
}

func (s *sightings) note(e *watchEvent, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := e.Object.Metadata.Name
	switch _, isKnown := s.ready[name]; {
	case !strings.HasPrefix(name, s.names):
	case e.Type == "DELETED":
		s.gone[name] = now
	case !isKnown && e.isReady():
		s.ready[name] = now
	}
}

// count returns how many of those that happened to were seen; its error tells why no more will be.
func (s *sightings) count(seen func(*sightings) map[string]time.Time) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(seen(s)), s.err
}
