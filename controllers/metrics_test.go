package controllers_test

import (
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	dto "github.com/prometheus/client_model/go"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/seam-operator/seam-operator/controllers"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

// gathered returns the operator's metrics by "name{label=value,…}".
func (s *story) gathered() map[string]float64 {
	s.t.Helper()
	families, err := metrics.Registry.Gather()
	s.Expect(err).NotTo(HaveOccurred())
	values := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			values[family.GetName()+labelsOf(m)] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return values
}

func labelsOf(m *dto.Metric) string {
	var pairs []string
	for _, l := range m.GetLabel() {
		pairs = append(pairs, l.GetName()+"="+l.GetValue())
	}
	return "{" + strings.Join(pairs, ",") + "}"
}

// Not parallel: metrics belong to the whole process.
func TestMetricsCountWhatIsDoneAtSeamAndWhy(t *testing.T) {
	s := newStory(t)
	s.operate()
	collector := controllers.NewAssignmentsCollector(s.cache)
	s.Expect(metrics.Registry.Register(collector)).To(Succeed())
	defer metrics.Registry.Unregister(collector)
	before := s.gathered()
	grown := func(name string) float64 { return s.gathered()[name] - before[name] }

	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key")
	s.Eventually(func() float64 { return s.gathered()["seam_operator_assignments{ready=True,reason=Assigned}"] }).Should(BeEquivalentTo(1))
	s.edit("alice-mobile-key", forUser(bob))
	s.until(s.isHeldBy(bob), s.isReady("alice-mobile-key"))
	s.handByConsole("")
	s.untilBy(time.Minute, s.isHeldBy(bob))
	s.deleteAndWait("alice-mobile-key")

	for _, name := range []string{
		"seam_operator_writes_total{cause=initial,operation=assign}",
		"seam_operator_writes_total{cause=spec_change,operation=unassign}",
		"seam_operator_writes_total{cause=spec_change,operation=assign}",
		"seam_operator_writes_total{cause=drift,operation=assign}",
		"seam_operator_writes_total{cause=deletion,operation=unassign}",
	} {
		s.Expect(grown(name)).To(BeEquivalentTo(1), name)
	}
}

func TestMetricsCountCalls(t *testing.T) {
	s := newStory(t)
	before := s.gathered()

	controllers.ObserveCall(seam.Observation{Operation: fakeseam.OpGetCredential, Code: "404", Duration: time.Second})

	after := s.gathered()
	for _, name := range []string{
		"seam_operator_api_requests_total{code=404,operation=get_credential}",
		"seam_operator_api_request_duration_seconds{operation=get_credential}",
	} {
		s.Expect(after[name]-before[name]).To(BeEquivalentTo(1), name)
	}
}
