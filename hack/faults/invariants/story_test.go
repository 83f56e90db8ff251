package invariants

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

const (
	theCredential = "66666666-6666-6666-6666-666666666666"
	alice         = "33333333-3333-3333-3333-333333333333"
	bob           = "44444444-4444-4444-4444-444444444444"
	carol         = "55555555-5555-5555-5555-555555555555"
	operator      = "operator 1"
	apiKey        = "seam_test1key_of_the_front_desk"
)

type object = v1alpha1.CredentialAssignment

// story makes a history by hand, a second for each thing that happens.
type story struct {
	History
	objects map[string]*object
	now     Moment
}

func newStory() *story {
	return &story{
		History: History{Identities: map[string]string{}, Truth: map[string]Holder{}, Secrets: []string{apiKey}, Timeout: 30 * time.Second, Settle: 5 * time.Minute, Patience: 10 * time.Second},
		objects: map[string]*object{},
		now:     Moment{Order: 1, Time: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC), Revision: 100},
	}
}

func (s *story) passes(d time.Duration) { s.now.Time = s.now.Time.Add(d) }

func (s *story) happens() {
	s.passes(time.Second)
	s.now.Order++
	s.now.Revision++
}

// edits is what somebody other than the operator does to an object, which comes about if it is not there.
func (s *story) edits(name string, change func(*object)) {
	o := s.objects[name]
	if o == nil {
		o = &object{ObjectMeta: metav1.ObjectMeta{Namespace: "front-desk", Name: name, UID: types.UID("uid of " + name)}}
		o.Spec.ACSCredentialID = theCredential
		o.Status.ObservedGeneration = -1
		s.objects[name] = o
	}
	o.Generation++
	s.stores(name, "", change)
}

// writes is what the operator does to an object.
func (s *story) writes(name string, change func(*object)) { s.stores(name, operator, change) }

func (s *story) stores(name, process string, change func(*object)) {
	s.happens()
	change(s.objects[name])
	o := s.objects[name]
	isGone := !o.DeletionTimestamp.IsZero() && len(o.Finalizers) == 0
	s.Versions = append(s.Versions, Version{Revision: s.now.Revision, Time: s.now.Time, Object: *o.DeepCopy(), IsGone: isGone, Process: process})
}

// calls is one call to Seam, answered at once.
func (s *story) calls(operation, person string, status int, shown *Shown) *Call {
	s.happens()
	arrived := s.now
	s.happens()
	s.Calls = append(s.Calls, Call{
		Process: operator, Token: "api key 1", Operation: operation, CredentialID: theCredential, Person: Person{ACSUserID: person},
		Arrived: arrived, Ended: s.now, Status: status, Shown: shown, Changed: status == 200 && operation != OpGet,
	})
	return &s.Calls[len(s.Calls)-1]
}

// reads is a read that shows a holder.
func (s *story) reads(holder string) *Call {
	return s.calls(OpGet, "", 200, &Shown{Holder: Holder{ACSUserID: holder}})
}

func forUser(person string) func(*object) {
	return func(o *object) { o.Spec.ACSUserID = person }
}

func finalized(o *object) { o.Finalizers = []string{v1alpha1.Finalizer} }

func released(o *object) { o.Finalizers = nil }

func deleted(o *object) { o.DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)} }

// pending adds a call to the record, as sent at a second of its own.
func (s *story) pending(operation v1alpha1.Operation, person string) func(*object) {
	return func(o *object) {
		o.Status.PendingWrites = append(o.Status.PendingWrites, v1alpha1.PendingWrite{
			UID: string(o.UID), Operation: operation, ACSUserID: person, StartedAt: metav1.Time{Time: s.now.Time},
		})
	}
}

// reported is the status after a look that found the declared person.
func reported(o *object) {
	o.Status.PendingWrites = nil
	o.Status.AssignedTo = &v1alpha1.AssignedTo{UID: string(o.UID), ACSUserID: o.Spec.ACSUserID}
	condition(o, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonAssigned)
}

func condition(o *object, name string, status metav1.ConditionStatus, reason string) {
	o.Status.ObservedGeneration = o.Generation
	meta.SetStatusCondition(&o.Status.Conditions, metav1.Condition{
		Type: name, Status: status, Reason: reason, Message: "because", ObservedGeneration: o.Generation,
	})
}

// assigns is the way to Ready for a new object.
func (s *story) assigns(name, person string) {
	s.edits(name, forUser(person))
	s.reads("")
	s.writes(name, finalized)
	s.writes(name, s.pending(v1alpha1.OperationAssign, person))
	s.calls(OpAssign, person, 200, &Shown{Holder: Holder{ACSUserID: person}})
	s.writes(name, reported)
	s.Truth[theCredential] = Holder{ACSUserID: person}
}

// moves is the way of an object from one person to another one.
func (s *story) moves(name, from, to string) {
	s.edits(name, forUser(to))
	s.reads(from)
	s.writes(name, s.pending(v1alpha1.OperationUnassign, from))
	s.calls(OpUnassign, from, 200, nil)
	s.reads("")
	s.writes(name, func(o *object) {
		o.Status.PendingWrites = nil
		s.pending(v1alpha1.OperationAssign, to)(o)
	})
	s.calls(OpAssign, to, 200, nil)
	s.reads(to)
	s.writes(name, reported)
	s.Truth[theCredential] = Holder{ACSUserID: to}
}

// deletes is the way of an object to its end.
func (s *story) deletes(name, person string) {
	s.edits(name, deleted)
	s.reads(person)
	s.writes(name, s.pending(v1alpha1.OperationUnassign, person))
	s.calls(OpUnassign, person, 200, nil)
	s.reads("")
	s.writes(name, func(o *object) { o.Status.PendingWrites = nil })
	s.writes(name, released)
	s.Truth[theCredential] = Holder{}
}

func (s *story) calm() { s.Calm = s.now }
