package conformance

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
)

// recorder stands in front of a server and lets the schema judge what passes.
type recorder struct {
	schema *schema
	server http.Handler
	// answersOnly takes any request: Seam's own client is right by definition. It reads by GET where the schema names
	// parameters for POST only.
	answersOnly bool

	mu         sync.Mutex
	exchanges  []wire
	complaints []string
}

func (rec *recorder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	seen := wire{method: r.Method, target: r.URL.String(), header: r.Header.Clone(), body: body}
	answer := httptest.NewRecorder()
	rec.server.ServeHTTP(answer, r)
	seen.status, seen.answerHeader, seen.answer = answer.Code, answer.Header(), answer.Body.Bytes()
	rec.note(r.Context(), seen)
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(seen.answer)
}

func (rec *recorder) note(ctx context.Context, seen wire) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.exchanges = append(rec.exchanges, seen)
	if !rec.answersOnly {
		rec.complain(seen, "request", rec.schema.judgeRequest(ctx, seen))
	}
	rec.complain(seen, "answer", rec.schema.judgeAnswer(ctx, seen))
}

func (rec *recorder) complain(seen wire, part string, complaints []string) {
	for _, complaint := range complaints {
		path, _, _ := strings.Cut(seen.target, "?")
		complaint = fmt.Sprintf("%s %s: %s: %s", seen.method, path, part, complaint)
		if !slices.Contains(rec.complaints, complaint) {
			rec.complaints = append(rec.complaints, complaint)
		}
	}
}

// take returns what was seen and what was wrong with it since it was last called.
func (rec *recorder) take() (exchanges []wire, complaints []string) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	exchanges, complaints = rec.exchanges, rec.complaints
	rec.exchanges, rec.complaints = nil, nil
	return exchanges, complaints
}
