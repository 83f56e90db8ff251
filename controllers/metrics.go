package controllers

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/controllers/internal/status"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

var (
	apiRequests = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "seam_operator_api_requests_total",
		Help: "Calls to Seam, by operation and HTTP status (error when no answer came).",
	}, []string{"operation", "code"})

	apiRequestDuration = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "seam_operator_api_request_duration_seconds",
		Help:    "How long calls to Seam took, by operation.",
		Buckets: prometheus.ExponentialBuckets(0.01, 2, 12),
	}, []string{"operation"})

	throttledSeconds = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "seam_operator_api_throttled_seconds_total",
		Help: "Seconds that objects had to wait for the rate limit of a key, and that keys rested after answers 429.",
	})

	writes = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "seam_operator_writes_total",
		Help: "Changes that Seam acknowledged, by operation (assign, unassign) and cause (initial, spec_change, drift, deletion).",
	}, []string{"operation", "cause"})
)

func init() {
	metrics.Registry.MustRegister(apiRequests, apiRequestDuration, throttledSeconds, writes)
}

// countThrottled counts how long an object has to wait before it may call Seam, when the wait begins: an object that goes
// meanwhile has waited too, in the eyes of whoever sets the limit.
func countThrottled(wait time.Duration) { throttledSeconds.Add(wait.Seconds()) }

// ObserveCall counts one call to Seam. Its labels are operations and codes, never IDs: a metric with one series for each
// credential fills memories, and tells who has which.
func ObserveCall(o seam.Observation) {
	apiRequests.WithLabelValues(o.Operation, o.Code).Inc()
	apiRequestDuration.WithLabelValues(o.Operation).Observe(o.Duration.Seconds())
}

// assignments counts the objects in the cache whenever it is asked: a gauge that was kept up to date by looks would keep
// the objects that are gone, and start at nothing in every process.
type assignments struct {
	cache client.Reader
	desc  *prometheus.Desc
}

// NewAssignmentsCollector returns a collector of seam_operator_assignments, read from the cache at each scrape.
func NewAssignmentsCollector(cache client.Reader) prometheus.Collector {
	return &assignments{cache: cache, desc: prometheus.NewDesc("seam_operator_assignments",
		"CredentialAssignments, by the status and reason of Ready.", []string{"ready", "reason"}, nil)}
}

func (a *assignments) Describe(descs chan<- *prometheus.Desc) { descs <- a.desc }

func (a *assignments) Collect(found chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var list v1alpha1.CredentialAssignmentList
	if err := a.cache.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		found <- prometheus.NewInvalidMetric(a.desc, err)
		return
	}
	type state struct{ ready, reason string }
	counts := map[state]int{}
	for i := range list.Items {
		ready := status.Ready(&list.Items[i])
		counts[state{string(ready.Status), ready.Reason}]++
	}
	for s, n := range counts {
		found <- prometheus.MustNewConstMetric(a.desc, prometheus.GaugeValue, float64(n), s.ready, s.reason)
	}
}
