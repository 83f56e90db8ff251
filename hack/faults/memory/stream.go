package memory

import (
	"encoding/json"
	"io"
	"sync"
)

// stream is the body of a watch. What was sent and not read yet waits.
type stream struct {
	isMetadata bool
	mu         sync.Mutex
	waiting    []byte
	news       chan struct{} // full when something waits, or when it is closed
	isClosed   bool
}

func newStream(isMetadata bool) *stream {
	return &stream{isMetadata: isMetadata, news: make(chan struct{}, 1)}
}

// send never waits for the reader: the store is locked meanwhile.
func (s *stream) send(event string, o object) {
	line, err := json.Marshal(object{"type": event, "object": shape(o, s.isMetadata)})
	if err != nil {
		panic(err) // it was decoded before
	}
	s.mu.Lock()
	s.waiting = append(append(s.waiting, line...), '\n')
	s.mu.Unlock()
	s.wake()
}

func (s *stream) wake() {
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// Read waits until something was sent.
func (s *stream) Read(p []byte) (int, error) {
	for {
		s.mu.Lock()
		n := copy(p, s.waiting)
		s.waiting = s.waiting[n:]
		isClosed, left := s.isClosed, len(s.waiting) > 0
		s.mu.Unlock()
		switch {
		case n > 0:
			if left {
				s.wake()
			}
			return n, nil
		case isClosed:
			return 0, io.EOF
		}
		<-s.news
	}
}

// Close ends the watch.
func (s *stream) Close() error {
	s.mu.Lock()
	s.isClosed = true
	s.mu.Unlock()
	s.wake()
	return nil
}

// shape returns an object as it is shown, in whole or its metadata.
func shape(o object, isMetadata bool) object {
	if !isMetadata {
		return o
	}
	return object{"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": o["metadata"]}
}
