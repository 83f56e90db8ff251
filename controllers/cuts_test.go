package controllers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/controllers"
)

// moment is when an operator is cut off from the world: at a call, before it or after it.
type moment struct {
	call  func(*http.Request) bool
	after int  // so many calls still take place, from that one on
	lost  bool // it takes place, and is not answered
}

// The moments of a change at Seam: its record, the call, the report.
var (
	beforeTheRecord    = moment{call: isRecord}
	recordUnanswered   = moment{call: isRecord, lost: true}
	beforeTheAssign    = moment{call: isAssign}
	assignUnanswered   = moment{call: isAssign, lost: true}
	beforeTheUnassign  = moment{call: isUnassign}
	unassignUnanswered = moment{call: isUnassign, lost: true}
	beforeTheReport    = moment{call: isReport}
)

func isAssign(req *http.Request) bool { return req.URL.Path == "/acs/credentials/assign" }

func isUnassign(req *http.Request) bool { return req.URL.Path == "/acs/credentials/unassign" }

func isFinalizer(req *http.Request) bool {
	return strings.Contains(req.URL.Path, "/credentialassignments/") && !isOfStatus(req)
}

func isOfStatus(req *http.Request) bool { return strings.HasSuffix(req.URL.Path, "/status") }

// isRecord reports whether a request writes the record of a change at Seam that is about to be made.
func isRecord(req *http.Request) bool {
	if !isOfStatus(req) {
		return false
	}
	var patch struct {
		Status struct{ PendingWrites []any }
	}
	must(json.Unmarshal(bodyOf(req), &patch))
	return len(patch.Status.PendingWrites) > 0
}

// isReport reports whether a request writes status, and no record.
func isReport(req *http.Request) bool { return isOfStatus(req) && !isRecord(req) }

// bodyOf returns the body of a request, and leaves it there.
func bodyOf(req *http.Request) []byte {
	if req.Body == nil {
		return nil
	}
	body, err := io.ReadAll(req.Body)
	must(err)
	setBody(req, body)
	return body
}

func setBody(req *http.Request, body []byte) {
	req.Body = io.NopCloser(bytes.NewReader(body))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	req.ContentLength = int64(len(body))
}

// passing calls the function before each call to Seam and each write of the operator to the API server, which fail with
// its error.
func (s *story) passing(do func(*http.Request) error) {
	s.plug.mu.Lock()
	defer s.plug.mu.Unlock()
	s.plug.passing = do
}

// beforeWrites calls the function before each write of the operator whose path ends so.
func (s *story) beforeWrites(suffix string, do func()) {
	s.passing(func(req *http.Request) error {
		if strings.HasSuffix(req.URL.Path, suffix) {
			do()
		}
		return nil
	})
}

// cutOff arranges that the operator is cut off at the first such moment, and returns how to wait for that.
func (s *story) cutOff(at moment) (wait func()) {
	cut := make(chan (<-chan struct{}), 1)
	armed := false
	s.plug.mu.Lock()
	s.plug.passing = func(req *http.Request) error {
		if !at.call(req) {
			return nil
		}
		s.plug.mu.Lock()
		isFirst := !armed
		armed = true
		s.plug.mu.Unlock()
		if isFirst {
			cut <- s.plug.pull(at.after, at.lost)
		}
		return nil
	}
	s.plug.mu.Unlock()
	return func() {
		s.t.Helper()
		var out <-chan struct{}
		s.Eventually(cut).Should(Receive(&out))
		s.Eventually(out).Should(BeClosed())
	}
}

// killedAt is what happens until the operator is cut off at the moment, and killed; then the world is whole again.
func (s *story) killedAt(at moment, kill func(), happens func()) {
	s.t.Helper()
	wait := s.cutOff(at)
	happens()
	wait()
	kill()
	s.passing(nil)
	s.plug.mend()
}

// pendingWrites lists what the object's status says of calls whose effect is not known: "Assign 3333" for one that gives
// the credential to the person whose ID begins so.
func (s *story) pendingWrites(name string) []string {
	s.t.Helper()
	o := s.get(name)
	writes := []string{}
	for _, w := range o.Status.PendingWrites {
		s.Expect(w.UID).To(Equal(string(o.UID)))
		writes = append(writes, string(w.Operation)+" "+w.ACSUserID+w.UserIdentityID)
	}
	return writes
}

// assignedPerson returns whom status says that the object assigned; "nobody recorded" without any.
func (s *story) assignedPerson(name string) string {
	s.t.Helper()
	if to := s.get(name).Status.AssignedTo; to != nil {
		return to.ACSUserID + to.UserIdentityID
	}
	return "nobody recorded"
}

// passes lets so much time go by, second by second.
func (s *story) passes(d time.Duration) {
	s.t.Helper()
	began := s.clock.Now()
	s.until(func() bool { return s.clock.Since(began) >= d })
}

// goneBy waits until the object is no more, while time goes on in small steps: others have time to take over.
func (s *story) goneBy(step time.Duration, name string) {
	s.t.Helper()
	s.untilBy(step, func() bool { return s.isGone(name) })
}

func (s *story) isGone(name string) bool {
	return apierrors.IsNotFound(s.api.Get(s.ctx, client.ObjectKey{Namespace: s.namespace, Name: name}, &object{}))
}

// freeLock is a lock of leader election that nobody else wants.
type freeLock struct{}

func (freeLock) Get(context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	return nil, nil, apierrors.NewNotFound(schema.GroupResource{Resource: "leases"}, "seam-operator")
}
func (freeLock) Create(context.Context, resourcelock.LeaderElectionRecord) error { return nil }
func (freeLock) Update(context.Context, resourcelock.LeaderElectionRecord) error { return nil }
func (freeLock) RecordEvent(string)                                              {}
func (freeLock) Identity() string                                                { return "us" }
func (freeLock) Describe() string                                                { return "seam-system/seam-operator" }

// leased gives the story's operators a lease, and returns how to renew it.
func (s *story) leased(lasts time.Duration) (renew func()) {
	lease := controllers.NewLease(freeLock{}, lasts)
	s.options.Lease = lease
	return func() { must(lease.Update(s.ctx, resourcelock.LeaderElectionRecord{HolderIdentity: "us"})) }
}

func TestTheMomentsOfAnAssignmentComeInTheirOrder(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	var order []string
	s.passing(func(req *http.Request) error {
		s.plug.mu.Lock()
		defer s.plug.mu.Unlock()
		for name, is := range map[string]func(*http.Request) bool{
			"finalizer": isFinalizer, "record": isRecord, "assign": isAssign, "unassign": isUnassign, "report": isReport,
		} {
			if is(req) {
				order = append(order, name)
			}
		}
		return nil
	})
	s.operate()
	s.declare("front-desk-key")
	s.assigned("front-desk-key")
	s.edit("front-desk-key", forUser(bob))
	s.until(func() bool { return s.holder() == user(bob) && s.isReady("front-desk-key") })
	s.delete("front-desk-key")
	s.gone("front-desk-key")

	s.plug.mu.Lock()
	defer s.plug.mu.Unlock()
	s.Expect(order).To(Equal([]string{
		"finalizer", "record", "assign", "report",
		"record", "unassign", "report", "record", "assign", "report",
		"record", "unassign", "finalizer",
	}))
}
