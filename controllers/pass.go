package controllers

import (
	"context"
	"errors"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/assignment"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

// pass is one look at one object: it gathers what the plan asks for, carries out the step that the plan decides, and
// ends with an outcome to report.
type pass struct {
	*Reconciler
	stop  context.Context // when done, no new call to Seam starts
	obj   *v1alpha1.CredentialAssignment
	mem   *memory
	group *group
	claim assignment.Claim

	secret    string // the version of the Secret that the pass began with
	key       *key
	situation assignment.Situation
	shown     *seam.Credential // the credential as read last; nil when it was not found
	readAt    time.Time        // when that was
	sent      bool             // a write went out in this pass
	changed   string           // the event reason of a change that Seam acknowledged in this pass
	orphaned  bool             // the namespace is being deleted, so that no Secret can be put there any more
	named     bool             // the workspace of the key is the one that the object names
}

// outcome is how a pass ended.
type outcome struct {
	reason  string // Ready's reason; empty when there is nothing to report
	message string
	looked  bool      // Seam told what the reason says
	next    time.Time // when to look again; zero for never
}

// run plans and acts until the plan rests.
func (p *pass) run(ctx context.Context) (outcome, error) {
	defer p.close()
	p.situation = p.begin()
	p.keepKey(ctx)
	for {
		d := assignment.Plan(p.situation)
		var err error
		switch d.Step {
		case assignment.Rest, assignment.Wait:
			return p.conclude(d), nil
		case assignment.Finish:
			return p.finish(ctx, d)
		case assignment.Mark, assignment.Unmark:
			err = p.mark(ctx, d)
		case assignment.Assign, assignment.Unassign:
			if p.sent {
				return p.again(d), nil
			}
			err = p.write(ctx, d)
		default:
			err = p.look(ctx, d)
		}
		if err != nil {
			err = p.fallBack(err)
		}
		if err != nil {
			return p.explain(ctx, err)
		}
		p.settle()
	}
}

// begin puts together what is known before anything is read.
func (p *pass) begin() assignment.Situation {
	now := p.Clock.Now()
	p.mem.last.expire(now)
	finalizer, annotated := marksOf(p.obj)
	carried, _ := recordOf(p.obj)
	text, record := p.mem.last.standing(p.obj)
	return assignment.Situation{
		Declared: p.declaration(),
		Marks: assignment.Marks{
			Finalizer:   finalizer,
			Annotated:   annotated,
			Overwritten: carried != text,
			Record:      record,
			WorkspaceID: p.obj.Status.WorkspaceID,
		},
		Claim:   p.claim,
		Pending: p.mem.last.pending,
		Strays:  append(p.mem.last.strays(), doubted(p.obj, record)...),
		Refused: p.mem.refused,

		WaitsSince: p.mem.waitsSince,
		Seen:       assignment.Seen{People: assignment.People{}},
		Now:        now,
	}
}

func (p *pass) declaration() assignment.Declaration {
	spec := p.obj.Spec
	d := assignment.Declaration{
		Person:      personOf(p.obj),
		Mode:        spec.Mode,
		WorkspaceID: spec.WorkspaceID,
		Retain:      p.retains(p.obj),
		Suspended:   spec.Suspend,
		Abandoned:   p.obj.Annotations[v1alpha1.AnnotationAbandon] == "true",
	}
	if !p.obj.DeletionTimestamp.IsZero() {
		d.ReleaseAt = p.obj.DeletionTimestamp.Time
		if p.HandOverGrace > 0 {
			d.ReleaseAt = d.ReleaseAt.Add(deletedWithin + p.HandOverGrace)
		}
		d.Patience = p.SeamTimeout
	}
	return d
}

// deletedWithin is by how much an object may have been deleted after its deletionTimestamp.
const deletedWithin = time.Second

// inputs puts together what a look depends on, apart from Seam.
func (p *pass) inputs(ctx context.Context) (inputs, error) {
	secret, err := p.secretVersion(ctx, p.obj)
	if err != nil {
		return inputs{}, err
	}
	finalizer, record := p.marks()
	return inputs{
		generation: p.obj.Generation,
		requested:  requests(p.obj),
		deleting:   !p.obj.DeletionTimestamp.IsZero(),
		abandoned:  p.obj.Annotations[v1alpha1.AnnotationAbandon] == "true",
		finalizer:  finalizer,
		record:     record,
		secret:     secret,
		claim:      claimText(p.claim),
	}, nil
}

// marks returns whether the object carries the finalizer, and the text of its record.
func (p *pass) marks() (finalizer bool, record string) {
	finalizer, _ = marksOf(p.obj)
	record, _ = recordOf(p.obj)
	return finalizer, record
}

func marksOf(obj *v1alpha1.CredentialAssignment) (finalizer, annotated bool) {
	_, annotated = obj.Annotations[v1alpha1.AnnotationAssignedTo]
	return controllerutil.ContainsFinalizer(obj, v1alpha1.Finalizer), annotated
}

// requestedAt returns the value of the annotation that asks for a reconcile now.
func requestedAt(obj *v1alpha1.CredentialAssignment) string {
	if at := obj.Annotations[v1alpha1.AnnotationRequestedAt]; at != "" {
		return at
	}
	return obj.Annotations[v1alpha1.AnnotationFluxRequestedAt]
}

// requests tells the values of both annotations apart that ask for a reconcile now.
func requests(obj *v1alpha1.CredentialAssignment) string {
	return obj.Annotations[v1alpha1.AnnotationRequestedAt] + "\n" + obj.Annotations[v1alpha1.AnnotationFluxRequestedAt]
}

// open finds the key of this pass and waits its turn, by an error that says how long.
func (p *pass) open(ctx context.Context) error {
	if p.key != nil {
		return nil
	}
	if err := p.queue(); err != nil {
		return err
	}
	k, err := p.ownKey(ctx)
	if err != nil {
		if !p.situation.Declared.Deleting() || p.mem.key == nil || !unusableKey(err) {
			return err
		}
		k = p.mem.key // the Secret may go before the object does
	}
	return p.take(k)
}

// keepKey keeps the key of an object that has something to clean up and does not look at Seam by itself: when it is
// deleted with its namespace, the Secret may be gone before it is looked at. A key that worked is worth more.
func (p *pass) keepKey(ctx context.Context) {
	d := p.situation.Declared
	if p.mem.key != nil || !p.situation.Marks.Finalizer || !d.Deleting() && !d.Suspended {
		return
	}
	if k, err := p.ownKey(ctx); err == nil {
		p.mem.key = k
	}
}

// queue waits on in the queue for a key, as long as the Secret that named it is the same: the Secret itself is read only
// when the turn has come.
func (p *pass) queue() error {
	t := &p.mem.turn
	if t.key == nil || t.secret != p.secret {
		return nil
	}
	wait, resting := t.key.peek(t)
	if wait > 0 {
		return &notYet{wait: wait, resting: resting}
	}
	return nil
}

func (p *pass) ownKey(ctx context.Context) (*key, error) {
	token, err := p.token(ctx, p.obj)
	if err != nil {
		return nil, err
	}
	return p.keys.key(token, p.obj.Spec.WorkspaceID)
}

// take lets the pass use a key, once it is its turn.
func (p *pass) take(k *key) error {
	wait, resting := k.admit(&p.mem.turn)
	p.mem.turn.secret = p.secret
	if wait > 0 {
		return &notYet{wait: wait, resting: resting}
	}
	p.key, p.named = k, k.named
	return nil
}

func (p *pass) close() {
	if p.key != nil {
		p.key.leave()
		p.key = nil
	}
}

// fallBack goes on with the last key that worked when Seam refuses the present one for an object that is being deleted.
// It returns the error that is left.
func (p *pass) fallBack(err error) error {
	if !p.situation.Declared.Deleting() || !seam.IsUnauthorized(err) || p.mem.key == nil || p.key == nil || p.key == p.mem.key {
		return err
	}
	p.close()
	p.shown, p.situation.Seen = nil, assignment.Seen{People: assignment.People{}} // what the other key read proves nothing
	return p.take(p.mem.key)
}

// unusableKey reports whether the error says that the Secret holds no key that can be used.
func unusableKey(err error) bool {
	var missing *secretError
	return errors.As(err, &missing) || seam.IsTokenError(err)
}

// notYet says that a pass has to wait its turn with a key.
type notYet struct {
	wait    time.Duration
	resting bool // because Seam answered 429
}

func (*notYet) Error() string { return "the API key is not free yet" }

// othersLost says that a write for the same credential, which the plan of this object knows nothing of, may be under way.
type othersLost struct{ until time.Time }

func (*othersLost) Error() string { return "the answer to a change of this credential was lost" }

// A look that was given up, because something was declared about the credential, or because another object was due.
var (
	errInterrupted = errors.New("the look was interrupted")
	errGaveWay     = errors.New("the look took too long for others to wait")
)

// errStopping says that no new call to Seam may start, because the operator was asked to stop or leads no more.
var errStopping = errors.New("the operator is stopping")

// mayCall returns errStopping when no new call to Seam may start.
func (p *pass) mayCall() error {
	if p.stop.Err() != nil || !p.Lease.held() {
		return errStopping
	}
	return nil
}
