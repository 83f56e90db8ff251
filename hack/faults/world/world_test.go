package world

import (
	"context"
	"testing"
	"time"
)

// A manager that is stopped while its caches fill waits until they are full; those of a killed process never are.
func TestAProcessThatNobodyWantsAnyMoreEnds(t *testing.T) {
	t.Parallel()
	cluster, err := NewMemoryCluster()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	w, err := New(ctx, cluster, "story")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := w.Start(0); err != nil {
		t.Error(err)
	}
	ended := make(chan struct{})
	go func() {
		w.Close()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		t.Error("its process has not ended after 30 s")
	}
}
