package main

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/hack/internal/process"
)

// fourWrites is as many as a move costs.
const fourWrites = 4

// byHand measures, until stop is called, how long four writes to the API server take, one after the other, each until a watch
// shows it: what an owner waits for in any case. They are made to an object that the operator leaves alone, of the kind whose
// watch may be behind because of a crowd.
func (w *world) byHand(ctx context.Context) (stop func() []time.Duration, err error) {
	probe := &v1alpha1.CredentialAssignment{
		ObjectMeta: metav1.ObjectMeta{Namespace: ownersNamespace, GenerateName: "by-hand-"},
		Spec: v1alpha1.CredentialAssignmentSpec{
			ACSCredentialID: w.newOwner().credential,
			ACSUserID:       alice,
			APIKeySecretRef: v1alpha1.SecretKeyRef{Name: "seam"},
			Mode:            v1alpha1.ModeObserve,
			Suspend:         true,
		},
	}
	if err := w.api.Create(ctx, probe); err != nil {
		return nil, err
	}
	shown, err := w.api.Watch(ctx, &v1alpha1.CredentialAssignmentList{}, client.InNamespace(ownersNamespace))
	if err != nil {
		return nil, fmt.Errorf("watching the owner's namespace: %w", err)
	}
	stopped, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	var took []time.Duration
	go func() {
		defer close(ended)
		defer shown.Stop()
		for stopped.Err() == nil {
			began := time.Now()
			for n := range fourWrites {
				w.writeByHand(ctx, probe, shown, fmt.Sprintf("%d %d", len(took), n))
			}
			took = append(took, time.Since(began))
			_ = process.Pause(stopped, time.Second/4)
		}
	}()
	return func() []time.Duration { cancel(); <-ended; return took }, nil
}

// writeByHand returns when the watch shows what it wrote; at once when the write failed or the watch ended.
func (w *world) writeByHand(ctx context.Context, probe *v1alpha1.CredentialAssignment, shown watch.Interface, value string) {
	const annotation = "written-by-hand"
	patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, annotation, value)
	if w.api.Patch(ctx, probe, client.RawPatch(types.MergePatchType, []byte(patch))) != nil {
		return
	}
	for event := range shown.ResultChan() {
		if obj, ok := event.Object.(*v1alpha1.CredentialAssignment); ok && obj.Name == probe.Name && obj.Annotations[annotation] == value {
			return
		}
	}
}
