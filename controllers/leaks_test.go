package controllers_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/zap/zapcore"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/controllers"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// What must not leave the operator. The key has characters that URLs and JSON spell otherwise.
const (
	secretKey    = `seam_test1key/of+the=cellar&door"`
	secretPIN    = "482917"
	secretNumber = "7733114477"
)

// TestNoSecretLeavesWhateverSeamAnswers lets Seam repeat the key, a PIN and a card number in every kind of answer, through
// the life of an object, and looks for them in all that the operator says: its log with everything in it, events, metrics,
// and the objects themselves.
func TestNoSecretLeavesWhateverSeamAnswers(t *testing.T) {
	t.Parallel()
	quoted, _ := json.Marshal(secretKey + " " + secretPIN)
	told := `{"error":{"type":"bad_` + secretPIN + `","message":` + string(quoted) + `,"data":{"code":"` + secretPIN + `","card_number":"` + secretNumber + `"}},"ok":false}`
	answers := map[string]fakeseam.Fault{
		"success":       {},
		"400":           {Status: 400, Body: told},
		"401":           {Status: 401, Body: told},
		"404":           {Status: 404, Body: told},
		"429":           {Status: 429, Body: told, RetryAfter: "1"},
		"500":           {Status: 500, Body: told},
		"garbage":       {Body: "<html>" + secretKey + " " + secretPIN + " " + secretNumber, ContentType: "text/html"},
		"a redirect":    {Redirect: "https://elsewhere.example.com/" + secretPIN + "?key=" + url.QueryEscape(secretKey)},
		"a lost answer": {Close: true, After: true},
	}
	for name, fault := range answers {
		for _, operation := range []string{fakeseam.OpGetCredential, fakeseam.OpAssignCredential, fakeseam.OpUnassignCredential} {
			if name == "success" && operation != fakeseam.OpGetCredential {
				continue
			}
			t.Run(name+" to "+operation, func(t *testing.T) {
				t.Parallel()
				fault := fault
				fault.Operation, fault.Times = operation, 2
				said := sayingAll(t, fault, name != "success")
				for secret, spellings := range spelled(secretKey, secretPIN, secretNumber) {
					for where, text := range said {
						for _, spelling := range spellings {
							if i := strings.Index(text, spelling); i >= 0 {
								t.Errorf("%s: %q stands as %q in …%s…", where, secret, spelling, text[max(0, i-160):min(len(text), i+80)])
								break
							}
						}
					}
				}
			})
		}
	}
}

// sayingAll is all that an operator says while an object comes, meets a fault, is mended and goes.
func sayingAll(t *testing.T, fault fakeseam.Fault, isFaulty bool) map[string]string {
	t.Helper()
	var log syncBuffer
	s := newStory(t)
	s.logger = zap.New(zap.WriteTo(&log), zap.Level(zapcore.Level(-10)))
	s.options.ResyncInterval = time.Minute // a refused write is sent again then
	s.seam.AddAPIKey(secretKey, workspace)
	s.applySecret("cellar", secretKey)
	s.seam.UpdateCredential(theCredential, func(c *fakeseam.Credential) {
		c.Code, c.CardNumber, c.DisplayName, c.Warnings = secretPIN, secretNumber, "PIN "+secretPIN, []string{"code " + secretPIN}
	})
	if isFaulty {
		s.seam.Inject(fault)
	}
	s.operate()
	var objects, scrapes strings.Builder
	shown := func() {
		var list v1alpha1.CredentialAssignmentList
		s.Expect(s.api.List(s.ctx, &list, client.InNamespace(s.namespace))).To(Succeed())
		text, err := json.Marshal(list)
		s.Expect(err).NotTo(HaveOccurred())
		objects.Write(text)
		scrapes.WriteString(s.scraped())
	}

	s.declare("alice-mobile-key", withSecret("cellar"))
	s.until(func() bool { return len(s.get("alice-mobile-key").Status.Conditions) > 0 })
	shown()
	requests := 0
	s.until(func() bool {
		requests++
		s.edit("alice-mobile-key", annotated(v1alpha1.AnnotationRequestedAt, fmt.Sprint(requests)))
		return s.isReady("alice-mobile-key")()
	})
	shown()
	s.delete("alice-mobile-key")
	s.untilBy(10*time.Second, func() bool {
		shown()
		return s.isGone("alice-mobile-key")()
	})

	var events eventsv1.EventList
	s.Expect(s.api.List(s.ctx, &events, client.InNamespace(s.namespace))).To(Succeed())
	eventText, err := json.Marshal(events)
	s.Expect(err).NotTo(HaveOccurred())
	s.Expect(string(eventText)+log.String()).To(ContainSubstring("assigned credential "+theCredential), "there is something to look through")
	return map[string]string{"log": undumped(log.String()), "events": string(eventText), "metrics": scrapes.String(), "objects": objects.String()}
}

// applySecret makes a Secret as kubectl apply does, which puts its data into an annotation too.
func (s *story) applySecret(name, value string) {
	s.t.Helper()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: s.namespace}, StringData: map[string]string{"api-key": value}}
	text, err := json.Marshal(secret)
	s.Expect(err).NotTo(HaveOccurred())
	secret.Annotations = map[string]string{corev1.LastAppliedConfigAnnotation: string(text)}
	s.create(secret)
}

// scraped is what a scrape of the operator's metrics brings: the whole registry as text.
func (s *story) scraped() string {
	assignments := prometheus.NewRegistry()
	assignments.MustRegister(controllers.NewAssignmentsCollector(s.cache))
	answer := httptest.NewRecorder()
	promhttp.HandlerFor(prometheus.Gatherers{metrics.Registry, assignments}, promhttp.HandlerOpts{}).
		ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	s.Expect(answer.Code).To(Equal(http.StatusOK))
	s.Expect(answer.Body.String()).To(ContainSubstring("seam_operator_api_requests_total"))
	return answer.Body.String()
}

// dump is what hex.Dump puts between the bytes: the text of a line, and the offset of the next.
var dump = regexp.MustCompile(`(\|.{1,80}?\|)?(\\n|\n)([0-9a-f]{8}\b)?| +`)

// undumped is a log and, behind it, the log with the bytes that client-go dumps joined to one text.
func undumped(log string) string { return log + dump.ReplaceAllString(log, "") }

// spelled lists how each secret may be written: as it is, in JSON, in a URL, in hexadecimal, and in base64 of every kind,
// alone or with other bytes before and after it.
func spelled(secrets ...string) map[string][]string {
	spellings := map[string][]string{}
	for _, secret := range secrets {
		inJSON, _ := json.Marshal(secret)
		inHex := hex.EncodeToString([]byte(secret))
		all := []string{secret, strings.Trim(string(inJSON), `"`), url.QueryEscape(secret), url.PathEscape(secret), inHex, strings.ToUpper(inHex)}
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
			all = append(all, encoding.EncodeToString([]byte(secret)))
			for before := range 3 {
				whole := encoding.EncodeToString([]byte(strings.Repeat("x", before) + secret + "xxx"))
				all = append(all, whole[(before*8+5)/6:(before+len(secret))*8/6])
			}
		}
		spellings[secret] = all
	}
	return spellings
}
