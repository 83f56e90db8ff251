package world

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// roundTripper is what a process reaches the API server by.
type roundTripper struct {
	process *Process
	next    http.RoundTripper
}

// RoundTrip lets requests that nobody counts pass, as long as the process lives: what informers ask for, events, and what
// kinds there are.
func (t *roundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	p := t.process
	switch {
	case p.isDead():
		return nil, errLost
	case req.URL.Query().Get("watch") != "":
		return t.watch(req)
	case !isCounted(req):
		return t.next.RoundTrip(req)
	}
	request := Request{Process: p, What: describe(req), IsWrite: req.Method != http.MethodGet}
	becomes, done := p.world.traffic.pass(request)
	defer done()
	if p.isDead() && becomes.isNone() {
		return nil, errLost
	}
	return t.interfere(req, becomes)
}

// interfere lets a request happen as it shall. What is late or lost goes on when its client has given up.
func (t *roundTripper) interfere(req *http.Request, becomes Interference) (*http.Response, error) {
	if becomes.Strip != "" {
		strip(req, becomes.Strip)
	}
	switch {
	case becomes.Answer == Unreachable:
		return nil, errLost
	case becomes.Answer != 0:
		return refusal(req, becomes.Answer), nil
	case becomes.LateBy > 0:
		late := req.Clone(context.WithoutCancel(req.Context()))
		setBody(late, bodyOf(req))
		t.process.world.After(becomes.LateBy, func() { t.doUnheard(late) })
		return nil, errLost
	case becomes.Lose:
		t.doUnheard(req.WithContext(context.WithoutCancel(req.Context())))
		return nil, errLost
	default:
		resp, err := t.do(req)
		if err == nil && !t.process.holdUp(req.Context(), becomes.AnswerAfter) {
			_ = resp.Body.Close()
			return nil, errLost
		}
		return resp, err
	}
}

// doUnheard lets a request happen whose answer nobody hears.
func (t *roundTripper) doUnheard(req *http.Request) {
	if resp, err := t.do(req); err == nil {
		_ = resp.Body.Close()
	}
}

// do lets a request happen, and notes which version of an object comes of it.
func (t *roundTripper) do(req *http.Request) (*http.Response, error) {
	sent := bodyOf(req)
	resp, err := t.next.RoundTrip(req)
	if err != nil || req.Method != http.MethodPatch || resp.StatusCode/100 != 2 {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	var asked, stored struct{ Metadata metav1.ObjectMeta }
	if json.Unmarshal(sent, &asked) == nil && json.Unmarshal(body, &stored) == nil {
		t.process.world.wrote(t.process, asked.Metadata, stored.Metadata)
	}
	return resp, nil
}

// isCounted reports whether a request is one of the operator's own: no informer's, no event, no question about kinds.
func isCounted(req *http.Request) bool {
	path := req.URL.Path
	switch {
	case strings.Contains(path, "/events") || strings.Count(path, "/") < 4:
		return false
	default:
		return req.Method != http.MethodGet || !req.URL.Query().Has("resourceVersion")
	}
}

// describe names a request such as "PATCH key status", without the namespace, which is another one in each run.
func describe(req *http.Request) string {
	_, path, isNamespaced := strings.Cut(req.URL.Path, "/namespaces/")
	if !isNamespaced {
		return req.Method + " " + req.URL.Path
	}
	_, path, _ = strings.Cut(path, "/")
	verb := req.Method
	if verb == http.MethodGet && strings.Count(path, "/") == 0 {
		verb = "LIST"
	}
	return verb + " " + strings.ReplaceAll(strings.TrimPrefix(path, "credentialassignments/"), "/", " ")
}

// strip takes a field out of what a request makes of the object, as a mutating webhook does.
func strip(req *http.Request, field string) {
	var patch map[string]map[string]any
	if req.Method != http.MethodPatch || json.Unmarshal(bodyOf(req), &patch) != nil {
		return
	}
	for _, part := range patch {
		if part[field] != nil {
			part[field] = nil
		}
	}
	body, err := json.Marshal(patch)
	if err != nil {
		panic(err) // it was decoded a moment ago
	}
	setBody(req, body)
}

// bodyOf returns the body of a request, and leaves it there.
func bodyOf(req *http.Request) []byte {
	if req.Body == nil {
		return nil
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil
	}
	setBody(req, body)
	return body
}

func setBody(req *http.Request, body []byte) {
	req.Body = io.NopCloser(bytes.NewReader(body))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	req.ContentLength = int64(len(body))
}

// refusal is an answer of the API server that does nothing. It names no time after which to try again, which client-go would
// wait for in real time.
func refusal(req *http.Request, code int) *http.Response {
	reasons := map[int]metav1.StatusReason{
		http.StatusConflict: metav1.StatusReasonConflict, http.StatusTooManyRequests: metav1.StatusReasonTooManyRequests,
		http.StatusInternalServerError: metav1.StatusReasonInternalError, http.StatusGatewayTimeout: metav1.StatusReasonTimeout,
	}
	status := fmt.Sprintf(`{"kind":"Status","apiVersion":"v1","status":"Failure","message":"injected","reason":%q,"code":%d}`, reasons[code], code)
	return &http.Response{
		Status: http.StatusText(code), StatusCode: code, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(status)), ContentLength: int64(len(status)),
	}
}

// watch lets a watch of CredentialAssignments pass, whose news may be held up.
func (t *roundTripper) watch(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	if err == nil && strings.HasSuffix(req.URL.Path, "/credentialassignments") {
		resp.Body = &watched{resp.Body, t.process, req.URL.Path}
	}
	return resp, err
}

// watched is the body of a watch.
type watched struct {
	io.ReadCloser
	process *Process
	path    string
}

// Read waits with what it has read while the watch is held up, so that nothing gets lost.
func (b *watched) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if gate := b.process.frozen(b.path); gate != nil {
		select {
		case <-gate:
		case <-b.process.lifetime.Done():
		}
	}
	b.process.world.traffic.touch()
	return n, err
}

// patience is how long the world waits in real time for what has to happen: the machine may be busy.
const patience = time.Minute
