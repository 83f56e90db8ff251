package keys

import (
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"github.com/seam-operator/seam-operator/pkg/seam"
)

// Key is one API key, or a personal access token in one workspace, for all objects that use it: a client to call Seam
// with, once Admit lets the caller. It is safe for concurrent use.
type Key struct {
	*seam.Client
	settings

	asking      singleflight.Group // guards workspaceID
	workspaceID string             // empty until known

	pages pages

	mu        sync.Mutex // guards all below
	limiter   *rate.Limiter
	inFlight  int
	restUntil time.Time
	lastRest  time.Duration // the last rest whose length Seam did not say; zero once Seam answered again
}
