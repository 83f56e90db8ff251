package memory

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
)

// Server is an API server in memory, as what HTTP clients reach it by.
type Server struct {
	store   store
	decoder runtime.Decoder
}

// New returns an empty server that decodes the kinds of a scheme.
func New(scheme *runtime.Scheme) *Server {
	return &Server{
		store:   store{revision: 1, objects: map[place]map[string]object{}, watches: map[place][]*stream{}},
		decoder: serializer.NewCodecFactory(scheme).UniversalDeserializer(),
	}
}

// target is what a request is about.
type target struct {
	place
	name     string
	isStatus bool
}

// targetOf takes a path such as /apis/acs.seam.co/v1alpha1/namespaces/front-desk/credentialassignments/key/status apart.
func targetOf(path string) target {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if parts[0] == "api" {
		parts = parts[2:]
	} else {
		parts = parts[3:]
	}
	t := target{}
	if parts[0] == "namespaces" && len(parts) > 2 {
		t.namespace, parts = parts[1], parts[2:]
	}
	t.resource = parts[0]
	if len(parts) > 1 {
		t.name = parts[1]
	}
	t.isStatus = len(parts) > 2 && parts[2] == "status"
	return t
}

// RoundTrip answers a request as the API server does.
func (s *Server) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	t := targetOf(req.URL.Path)
	body, err := s.body(req)
	if err != nil {
		return nil, err
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	isMetadata := strings.Contains(req.Header.Get("Accept"), "as=PartialObjectMetadata")
	switch {
	case req.Method == http.MethodGet && req.URL.Query().Get("watch") != "":
		return s.watch(req, t.place, isMetadata), nil
	case req.Method == http.MethodGet && t.name == "":
		return s.list(req, t.place, isMetadata), nil
	case req.Method == http.MethodPost:
		return s.create(req, t.place, body), nil
	case req.Method == http.MethodDelete && t.name == "":
		for _, o := range s.store.list(t.place) {
			s.store.remove(t.place, o)
		}
		return answer(req, http.StatusOK, object{"kind": "Status", "apiVersion": "v1", "status": "Success"}), nil
	}
	before := s.store.objects[t.place][t.name]
	if before == nil {
		return refuse(req, http.StatusNotFound, metav1.StatusReasonNotFound), nil
	}
	return s.one(req, t, before, body, isMetadata), nil
}

// one answers a request about an object that is there.
func (s *Server) one(req *http.Request, t target, before, body object, isMetadata bool) *http.Response {
	asked, _ := metaOf(body)["resourceVersion"].(string)
	switch {
	case req.Method == http.MethodGet:
		return answer(req, http.StatusOK, shape(before, isMetadata))
	case req.Method == http.MethodDelete:
		return answer(req, http.StatusOK, s.store.remove(t.place, before))
	case asked != "" && asked != metaOf(before)["resourceVersion"]:
		return refuse(req, http.StatusConflict, metav1.StatusReasonConflict)
	}
	after := copied(before)
	switch {
	case t.isStatus && req.Method == http.MethodPatch:
		after["status"] = merged(before["status"], body["status"])
	case t.isStatus:
		after["status"] = body["status"]
	case req.Method == http.MethodPatch:
		after = copied(merged(before, body).(object))
	default:
		after = encoded(body)
	}
	if !t.isStatus && before["status"] != nil {
		after["status"] = before["status"]
	}
	for _, field := range []string{"uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp"} {
		if value := metaOf(before)[field]; value != nil {
			metaOf(after)[field] = value
		}
	}
	return answer(req, http.StatusOK, s.store.replace(t.place, before, after))
}

// create stores a new object, which has a name: nothing here generates any.
func (s *Server) create(req *http.Request, at place, o object) *http.Response {
	name, _ := metaOf(o)["name"].(string)
	if s.store.objects[at][name] != nil {
		return refuse(req, http.StatusConflict, metav1.StatusReasonAlreadyExists)
	}
	return answer(req, http.StatusCreated, s.store.create(at, encoded(o)))
}

// encoded returns an object whose stringData, if it is a Secret, stands in data.
func encoded(o object) object {
	if texts, ok := o["stringData"].(object); ok {
		data := object{}
		for key, value := range texts {
			data[key] = []byte(value.(string))
		}
		o["data"] = data
		delete(o, "stringData")
	}
	return o
}

// list answers with all objects of a place that have the wanted field, in one page.
func (s *Server) list(req *http.Request, at place, isMetadata bool) *http.Response {
	items := []any{}
	for _, o := range s.store.list(at) {
		if isSelected(o, req.URL.Query().Get("fieldSelector")) {
			items = append(items, shape(o, isMetadata))
		}
	}
	list := object{"kind": "List", "apiVersion": "v1", "metadata": object{"resourceVersion": s.store.version()}, "items": items}
	switch {
	case isMetadata:
		list["kind"], list["apiVersion"] = "PartialObjectMetadataList", "meta.k8s.io/v1"
	case at.resource == "credentialassignments":
		list["kind"], list["apiVersion"] = "CredentialAssignmentList", "acs.seam.co/v1alpha1"
	case at.resource == "events" && strings.Contains(req.URL.Path, "events.k8s.io"):
		list["kind"], list["apiVersion"] = "EventList", "events.k8s.io/v1"
	}
	return answer(req, http.StatusOK, list)
}

// isSelected reports whether an object has the field that a selector such as spec.acsCredentialID=… wants.
func isSelected(o object, selector string) bool {
	path, want, ok := strings.Cut(selector, "=")
	if !ok {
		return true
	}
	var value any = o
	for field := range strings.SplitSeq(path, ".") {
		inner, _ := value.(object)
		value = inner[field]
	}
	return value == strings.TrimPrefix(want, "=")
}

// watch tells all objects, that these were all if somebody wants to know, and then every change.
func (s *Server) watch(req *http.Request, at place, isMetadata bool) *http.Response {
	w := newStream(isMetadata)
	for _, o := range s.store.list(at) {
		w.send("ADDED", o)
	}
	if req.URL.Query().Get("sendInitialEvents") == "true" {
		kind := object{"kind": "CredentialAssignment", "apiVersion": "acs.seam.co/v1alpha1"}
		kind["metadata"] = object{"resourceVersion": s.store.version(), "annotations": object{metav1.InitialEventsAnnotationKey: "true"}}
		w.send("BOOKMARK", kind)
	}
	s.store.watches[at] = append(s.store.watches[at], w)
	context.AfterFunc(req.Context(), func() {
		s.store.mu.Lock()
		s.store.watches[at] = slices.DeleteFunc(s.store.watches[at], func(other *stream) bool { return other == w })
		s.store.mu.Unlock()
		_ = w.Close()
	})
	return response(req, http.StatusOK, w)
}

// body returns what a request sends, whatever its encoding.
func (s *Server) body(req *http.Request) (object, error) {
	if req.Body == nil || req.Method == http.MethodGet || req.Method == http.MethodDelete {
		return object{}, nil
	}
	content, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	if strings.Contains(req.Header.Get("Content-Type"), "protobuf") {
		decoded, _, err := s.decoder.Decode(content, nil, nil)
		if err != nil {
			return nil, fmt.Errorf("decoding a request: %w", err)
		}
		return runtime.DefaultUnstructuredConverter.ToUnstructured(decoded)
	}
	o := object{}
	return o, json.Unmarshal(content, &o)
}

func answer(req *http.Request, status int, o object) *http.Response {
	content, err := json.Marshal(o)
	if err != nil {
		panic(err) // it was decoded before
	}
	return response(req, status, io.NopCloser(bytes.NewReader(content)))
}

func refuse(req *http.Request, code int, reason metav1.StatusReason) *http.Response {
	return answer(req, code, object{"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": string(reason), "reason": reason, "code": code})
}

func response(req *http.Request, status int, body io.ReadCloser) *http.Response {
	return &http.Response{
		Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: body, ContentLength: -1,
	}
}
