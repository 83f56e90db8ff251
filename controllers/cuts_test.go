package controllers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"github.com/seam-operator/seam-operator/controllers"
)

// cut is where an operator is cut off from the world: at the first such call.
type cut struct {
	at         func(*http.Request) bool
	answerLost bool // the call takes place, and is not answered
}

// before cuts the operator off before the call, which does not take place.
func before(call func(*http.Request) bool) cut { return cut{at: call} }

// answerLost cuts it off after the call, whose answer it never hears.
func answerLost(call func(*http.Request) bool) cut { return cut{at: call, answerLost: true} }

func isAssign(req *http.Request) bool { return req.URL.Path == "/acs/credentials/assign" }

func isUnassign(req *http.Request) bool { return req.URL.Path == "/acs/credentials/unassign" }

func isFinalizer(req *http.Request) bool {
	return strings.Contains(req.URL.Path, "/credentialassignments/") && !isOfStatus(req)
}

// isWriteOf reports whether a request writes the object.
func isWriteOf(req *http.Request, name string) bool {
	return strings.Contains(req.URL.Path, "/credentialassignments/"+name)
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

// once calls the function before the first such call goes out.
func (s *story) once(call func(*http.Request) bool, do func()) {
	s.each(call, sync.OnceFunc(do))
}

// each calls the function before each such call goes out.
func (s *story) each(call func(*http.Request) bool, do func()) {
	s.passing(func(req *http.Request) error {
		if call(req) {
			do()
		}
		return nil
	})
}

// refused lets no such call of the operator through, and counts them.
func (s *story) refused(call func(*http.Request) bool) (times *atomic.Int64) {
	times = &atomic.Int64{}
	s.passing(func(req *http.Request) error {
		if !call(req) {
			return nil
		}
		times.Add(1)
		return errUnplugged
	})
	return times
}

// cutOff arranges that the operator is cut off so, and returns how to wait for that.
func (s *story) cutOff(c cut) (wait func()) {
	armed := make(chan (<-chan struct{}), 1)
	s.once(c.at, func() { armed <- s.plug.pull(0, c.answerLost) })
	return func() {
		s.t.Helper()
		var out <-chan struct{}
		s.Eventually(armed).Should(Receive(&out))
		s.Eventually(out).Should(BeClosed())
	}
}

// killedAt is what happens until the operator is cut off so, and killed; then the world is whole again.
func (s *story) killedAt(c cut, happens func()) {
	s.t.Helper()
	wait := s.cutOff(c)
	happens()
	wait()
	s.kill()
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
	s.assignToAlice()
	s.edit("alice-mobile-key", forUser(bob))
	s.until(s.isHeldBy(bob), s.isReady("alice-mobile-key"))
	s.deleteAndWait("alice-mobile-key")

	s.plug.mu.Lock()
	defer s.plug.mu.Unlock()
	s.Expect(order).To(Equal([]string{
		"finalizer", "record", "assign", "report",
		"record", "unassign", "report", "record", "assign", "report",
		"record", "unassign", "finalizer",
	}))
}
