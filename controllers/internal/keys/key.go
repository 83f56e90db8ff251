package keys

import (
	"context"
	"time"

	"golang.org/x/time/rate"

	"github.com/seam-operator/seam-operator/pkg/seam"
)

// Key is one API key, or a personal access token in one workspace, for all objects that use it: a client to call Seam
// with, once Admit lets the caller. It is safe for concurrent use.
type Key struct {
	*seam.Client
	*shared

	pages pages
	named string // the workspace named with a personal access token; empty for an API key

	// Guarded by the ring's mutex:
	limiter   *rate.Limiter // for all, in the order in which the urgent ones ask
	share     *rate.Limiter // what routine looks get even when urgent ones take all
	inFlight  int
	alone     *rate.Limiter // reads of single credentials by those without hurry
	belongsTo string        // the workspace that Seam named in an answer; empty before one
	restUntil time.Time
	lastRest  time.Duration // the last rest whose length Seam did not say; zero once Seam answered again
	breaker   breaker
	// firstCall ends early when another key needs the place that this one took before anything was known of it.
	firstCall      context.Context
	firstCallBegan time.Time
	endFirstCall   context.CancelFunc
}
