package controllers_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

func TestEveryRefusalOfSeamHasItsReason(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault  fakeseam.Fault
		reason string
		says   string
	}{
		"the key is refused":        {fakeseam.Fault{Operation: fakeseam.OpGetCredential, Status: 401, Type: "unauthorized"}, v1alpha1.ReasonUnauthorized, "401 unauthorized"},
		"the key is forbidden":      {fakeseam.Fault{Operation: fakeseam.OpGetCredential, Status: 403}, v1alpha1.ReasonUnauthorized, "403"},
		"the write is forbidden":    {fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Status: 403}, v1alpha1.ReasonUnauthorized, "403"},
		"the read is invalid":       {fakeseam.Fault{Operation: fakeseam.OpGetCredential, Status: 400, Type: "invalid_input"}, v1alpha1.ReasonInvalidRequest, "400 invalid_input"},
		"the write is invalid":      {fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Status: 400, Type: "invalid_input"}, v1alpha1.ReasonInvalidRequest, "400 invalid_input"},
		"the write conflicts":       {fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Status: 409}, v1alpha1.ReasonInvalidRequest, "409"},
		"the write is unprocessed":  {fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Status: 422}, v1alpha1.ReasonInvalidRequest, "422"},
		"the person is unknown":     {fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Status: 404}, v1alpha1.ReasonAssigneeNotFound, alice},
		"the credential is unknown": {fakeseam.Fault{Operation: fakeseam.OpGetCredential, Status: 404}, v1alpha1.ReasonCredentialNotFound, "no such credential"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.seam.Inject(c.fault)
			s.operate()
			s.declare("alice-mobile-key")

			o := s.stalled("alice-mobile-key", c.reason)

			s.Expect(message(o)).To(ContainSubstring(c.says))
			s.Expect(s.holder()).To(Equal(user("")))
			s.Expect(len(s.wrote())).To(BeNumerically("<=", 1))
			s.rests()
			s.quiet(time.Minute)
		})
	}
}

func TestEveryOutageOfSeamIsWaitedOut(t *testing.T) {
	t.Parallel()
	outages := map[string]fakeseam.Fault{
		"an internal error":       {Status: 500},
		"an empty 503":            {Status: 503, EmptyBody: true},
		"a request timeout":       {Status: 408},
		"a page of HTML":          {Body: "<html>we are back soon</html>", ContentType: "text/html"},
		"broken JSON":             {Body: `{"acs_credential": {"acs_cre`, ContentType: "application/json"},
		"an answer of another ID": {Body: `{"acs_credential": {"acs_credential_id": "` + nobody + `"}, "ok": true}`, ContentType: "application/json"},
		"a huge answer":           {Huge: 2 << 20},
		"a redirect":              {Redirect: "https://elsewhere.example.com/"},
		"a closed connection":     {Close: true},
	}
	for name, fault := range outages {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			fault.Operation = fakeseam.OpGetCredential
			mend := s.seam.Inject(fault)
			s.operate()
			s.declare("alice-mobile-key")

			s.reconciling("alice-mobile-key", v1alpha1.ReasonSeamUnavailable)
			s.Expect(s.wrote()).To(BeEmpty())

			mend()
			s.until(s.isReady("alice-mobile-key"))
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
		})
	}
}

func TestALostAnswerToAWriteIsLookedAtNotRepeated(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault fakeseam.Fault
		wrote int
	}{
		"it took place, the connection closed":     {fakeseam.Fault{Close: true, After: true}, 1},
		"it took place, the answer was a 500":      {fakeseam.Fault{Status: 500, After: true}, 1},
		"it took place, the answer was a redirect": {fakeseam.Fault{Redirect: "https://elsewhere.example.com/", After: true}, 1},
		"it did not, the connection closed":        {fakeseam.Fault{Close: true}, 2},
		"it did not, the answer was a 502":         {fakeseam.Fault{Status: 502}, 2},
		"it did not, the answer was a 408":         {fakeseam.Fault{Status: 408}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			c.fault.Operation, c.fault.Times = fakeseam.OpAssignCredential, 1
			s.seam.Inject(c.fault)
			s.operate()
			s.declare("alice-mobile-key")
			s.reconciling("alice-mobile-key", v1alpha1.ReasonOutcomeUnknown)
			lost := s.clock.Now()

			s.until(s.isReady("alice-mobile-key"))

			s.Expect(s.holder()).To(Equal(user(alice)))
			s.Expect(s.wrote()).To(HaveLen(c.wrote))
			calls := s.seam.Calls()
			for i, call := range calls[:len(calls)-1] {
				if call.Operation == fakeseam.OpAssignCredential && call.Time.Before(lost.Add(time.Second)) {
					s.Expect(calls[i+1].Operation).To(Equal(fakeseam.OpGetCredential), "the next call is a read")
				}
			}
			if c.wrote == 2 {
				s.Expect(s.seam.Writes()[1].Time.Sub(s.seam.Writes()[0].Time)).To(BeNumerically(">=", 30*time.Second))
			}
		})
	}
}

func TestARefusedWriteIsNotSentAgainBeforeTheResync(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	mend := s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Status: 409})
	s.operate()
	s.declare("alice-mobile-key")
	s.stalled("alice-mobile-key", v1alpha1.ReasonInvalidRequest)

	began, reads := s.clock.Now(), len(s.seam.Calls())
	s.untilBy(time.Minute, func() bool { return s.clock.Since(began) > 50*time.Minute })
	s.Expect(len(s.seam.Calls())).To(BeNumerically(">", reads+2), "it is read again and again")
	s.Expect(s.wrote()).To(HaveLen(1))

	mend()
	s.untilBy(time.Minute, s.isReady("alice-mobile-key"))
	s.Expect(s.wrote()).To(HaveLen(2))
}

func TestARefusedWriteIsSentAgainWhenTheSpecChanges(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	s.declare("for-nobody", forUser(nobody))
	s.stalled("for-nobody", v1alpha1.ReasonAssigneeNotFound)

	s.edit("for-nobody", forUser(bob))

	s.assigned("for-nobody")
	s.Expect(s.holder()).To(Equal(user(bob)))
}

func TestA429RestsTheWholeKey(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	const other = "66666666-6666-6666-6666-000000000002"
	s.seam.AddCredential(fakeseam.Credential{ID: other, SystemID: system})
	s.seam.Inject(fakeseam.Fault{CredentialID: theCredential, Status: 429, RetryAfter: "120", Times: 1})
	s.operate()
	s.declare("alice-mobile-key")
	s.reconciling("alice-mobile-key", v1alpha1.ReasonRateLimited)

	s.declare("bob-card", forUser(bob), forCredential(other))
	s.reconciling("bob-card", v1alpha1.ReasonRateLimited)
	s.quiet(110 * time.Second)

	s.until(s.isReady("alice-mobile-key"), s.isReady("bob-card"))
}

func TestAnOutageDoesNotTurnReadyObjects(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	s.declare("alice-mobile-key")
	before, assigned := s.assigned("alice-mobile-key").ResourceVersion, s.clock.Now()
	mend := s.outage()
	s.seam.ResetCalls()

	s.later(66 * time.Minute)
	s.called(1, fakeseam.OpGetCredential)
	s.Consistently(func() string { return s.get("alice-mobile-key").ResourceVersion }, "200ms").Should(Equal(before))

	s.untilBy(time.Minute, func() bool { return !s.isReady("alice-mobile-key")() })
	s.Expect(s.clock.Since(assigned)).To(And(BeNumerically(">=", 2*time.Hour), BeNumerically("<", 2*time.Hour+3*time.Minute)))
	s.unknown("alice-mobile-key", v1alpha1.ReasonSeamUnavailable)

	mend()
	s.untilBy(10*time.Second, s.isReady("alice-mobile-key"))
	s.Expect(s.wrote()).To(BeEmpty())
}

func TestACredentialThatSeamDoesNotManageIsLeftAlone(t *testing.T) {
	t.Parallel()
	for name, credential := range map[string]fakeseam.Credential{
		"unmanaged":     {ID: theCredential, SystemID: system, Unmanaged: true},
		"being deleted": {ID: theCredential, SystemID: system, Warnings: []string{"being_deleted"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.seam.DeleteCredential(theCredential)
			s.seam.AddCredential(credential)
			s.operate()
			s.declare("alice-mobile-key", inMode(v1alpha1.ModeEnforce))

			s.stalled("alice-mobile-key", v1alpha1.ReasonCredentialUnusable)

			s.Expect(s.wrote()).To(BeEmpty())
		})
	}
}
