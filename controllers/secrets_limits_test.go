package controllers_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// In these stories a Secret or Seam itself holds something that nobody expects there.

func TestWhateverASecretHoldsThatIsNoKeyTheMessageIsTheSame(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.seam.ResetCalls()
	messages := map[string]bool{}
	for i, value := range []string{
		"a password of the database",
		"seam_cst1client_session",
		"seam_pk1publishable",
		"seam_test1two\nlines",
		"seam_" + strings.Repeat("x", 4092), // 4,097 bytes
		"seam_" + strings.Repeat("x", 900_000),
		"-----BEGIN PRIVATE KEY-----",
	} {
		s.putSecret("seam", value)
		s.edit("alice-mobile-key", requested(fmt.Sprint(i)))
		s.until(s.hasAnswered("alice-mobile-key", fmt.Sprint(i)))
		messages[message(s.stalled("alice-mobile-key", v1alpha1.ReasonUnauthorized))] = true
	}
	s.Expect(messages).To(HaveLen(1), "whoever may create objects learns nothing of what else Secrets hold")
	s.Expect(s.seam.Calls()).To(BeEmpty(), "none of it was sent anywhere")
	s.Expect(s.holder()).To(Equal(user(alice)))

	longest := "seam_" + strings.Repeat("x", 4091)
	s.seam.AddAPIKey(longest, workspace)
	s.putSecret("seam", longest)
	s.until(s.isReady("alice-mobile-key"))
}

func TestTheWayOutStandsWholeInTheMessageHoweverLongNamesAre(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	name, secret := strings.Repeat("n", 253), strings.Repeat("s", 253)
	s.putSecret(secret, apiKey)
	s.operate()
	s.declare(name, withSecret(secret))
	s.assigned(name)
	s.stop()
	s.deleteSecret(secret)
	s.delete(name)
	s.operate()

	s.until(s.says(name, v1alpha1.ReasonSecretNotFound))

	says := message(s.stalled(name, v1alpha1.ReasonSecretNotFound))
	s.Expect(says).To(HaveSuffix("kubectl annotate credassign " + name + " --namespace " + s.namespace + " acs.seam.co/abandon=true"))
	s.Expect(says).To(And(ContainSubstring(`"`+secret+`"`), ContainSubstring(alice)))
	s.Expect(s.get(name)).To(haveCondition(v1alpha1.ConditionStalled, v1alpha1.ReasonSecretNotFound))
}

func TestTheCommandForAMissingSecretStandsWholeInTheMessage(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	name, secret := strings.Repeat("n", 253), strings.Repeat("s", 253)
	s.operate()

	s.declare(name, withSecret(secret))

	says := message(s.reconciling(name, v1alpha1.ReasonSecretNotFound))
	s.Expect(says).To(ContainSubstring("kubectl create secret generic " + secret + " --namespace " + s.namespace + " --from-literal=api-key=…"))
}

func TestOddDatesOfSeamCostNothingAndHinderNothing(t *testing.T) {
	t.Parallel()
	for _, odd := range []string{
		"0001-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "10000-01-01T00:00:00Z",
		"0001-01-01T00:00:00.9Z", "0001-01-01T01:00:00+12:00", "tomorrow",
	} {
		t.Run(odd, func(t *testing.T) {
			s := newStory(t)
			s.seam.UpdateCredential(theCredential, func(c *fakeseam.Credential) { c.StartsAt, c.EndsAt = odd, odd })
			s.operate()
			s.declare("alice-mobile-key")
			o := s.assigned("alice-mobile-key")
			s.Expect(o.Status.Credential.StartsAt).To(BeNil())
			s.Expect(o.Status.Credential.EndsAt).To(BeNil())
			calls, version := len(s.seam.Calls()), o.ResourceVersion

			s.untilBy(10*time.Minute, func() bool { return len(s.seam.Calls()) >= calls+3 })

			s.rests()
			s.Expect(s.get("alice-mobile-key").ResourceVersion).To(Equal(version), "three looks, no write")
		})
	}
}

func TestARefusedUnassignTriesTheLastKeyThatWorked(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"401": 401, "403": 403} {
		t.Run(name, func(t *testing.T) {
			s := assignedToAlice(t)
			s.seam.AddAPIKey("seam_test2reads_only", workspace)
			s.seam.Inject(fakeseam.Fault{Token: "seam_test2reads_only", Operation: fakeseam.OpUnassignCredential, Status: status})
			s.seam.Inject(fakeseam.Fault{Token: "seam_test2reads_only", Operation: fakeseam.OpAssignCredential, Status: status})
			s.putSecret("seam", "seam_test2reads_only")

			s.deleteAndWait("alice-mobile-key")

			s.Expect(s.holder()).To(Equal(user("")))
		})
	}
}

func TestASeamThatDoesNotKnowTheRouteOfUnmanagedCredentialsHasNone(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"400": 400, "404": 404} {
		t.Run(name, func(t *testing.T) {
			s := assignedToAlice(t)
			s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpGetUnmanagedCredential, Status: status})
			s.seam.DeleteCredential(theCredential)

			s.delete("alice-mobile-key")

			s.gone("alice-mobile-key")
		})
	}
}

func TestAPassingRefusalOfAnAssignmentIsTriedAgainSoon(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Status: 403, Times: 1})
	s.operate()
	s.declare("alice-mobile-key")
	s.stalled("alice-mobile-key", v1alpha1.ReasonUnauthorized)
	began := s.clock.Now()

	s.untilBy(5*time.Second, s.isReady("alice-mobile-key"))

	s.Expect(s.clock.Since(began)).To(BeNumerically("<=", 6*time.Minute), "--max-retry-delay, jittered")
}
