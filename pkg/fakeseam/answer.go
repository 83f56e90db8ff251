package fakeseam

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// body is the content of a JSON answer.
type body map[string]any

// answer is what goes back to the client. Its zero status means: none.
type answer struct {
	status      int
	contentType string
	content     []byte
	huge        int64 // send this many bytes instead of content
	location    string
	retryAfter  string
	hangUp      bool // close the connection instead
	anonymous   bool // from in front of Seam's own code: without a request ID
}

func jsonAnswer(status int, content body) answer {
	encoded, err := json.Marshal(content)
	if err != nil {
		panic(err) // every shape in wire.go can be encoded
	}
	return answer{status: status, contentType: "application/json; charset=utf-8", content: encoded}
}

func (a answer) send(w http.ResponseWriter, requestID string) {
	set := func(name, value string) {
		if value != "" {
			w.Header().Set(name, value)
		}
	}
	if !a.anonymous {
		set("seam-request-id", requestID)
	}
	set("Content-Type", a.contentType)
	set("Location", a.location)
	set("Retry-After", a.retryAfter)
	w.WriteHeader(a.status)
	// A client that went away is the client's business.
	if a.huge > 0 {
		_ = sendHuge(w, a.huge)
		return
	}
	_, _ = w.Write(a.content)
}

// sendHuge sends size bytes that look like a credential until the end is reached.
func sendHuge(w io.Writer, size int64) error {
	const head, tail = `{"acs_credential":{"display_name":"`, `"},"ok":true}`
	filler := strings.Repeat("a", 32<<10)
	if _, err := io.WriteString(w, head); err != nil {
		return err
	}
	for left := size - int64(len(head)+len(tail)); left > 0; left -= int64(len(filler)) {
		if _, err := io.WriteString(w, filler[:min(left, int64(len(filler)))]); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, tail)
	return err
}

// refusal is an error that is answered with Seam's error envelope.
type refusal struct {
	status  int
	kind    string // error.type
	message string
	issues  map[string][]string // by parameter; "" is the body as a whole
}

func (r refusal) Error() string { return r.kind + ": " + r.message }

func (r refusal) envelope() body {
	content := body{"type": r.kind, "message": r.message}
	if len(r.issues) > 0 {
		content["validation_errors"] = shapeIssues(r.issues)
	}
	return body{"error": content, "ok": false}
}

func invalidInput(message string) refusal {
	return refusal{status: http.StatusBadRequest, kind: "invalid_input", message: message}
}

func notFound(thing string) refusal {
	return refusal{status: http.StatusNotFound, kind: thing + "_not_found", message: thing + " not found"}
}

// plainRefusal is an error that is answered with a text: what comes from in
// front of Seam's own code.
type plainRefusal struct {
	status int
	text   string
}

func (p plainRefusal) Error() string { return p.text }
