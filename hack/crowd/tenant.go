package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/hack/internal/process"
)

// keysOf says which keys the objects of a crowd have.
type keysOf int

const (
	none  keysOf = iota // no Secret
	bogus               // each one of its own that Seam does not know
	one                 // all of them one: that of the tenant's workspace unless another one is named
)

// crowd is the objects of one tenant that name the owner's credential.
type crowd struct {
	*world
	credential string
	size       int // bytes of annotations
	objects    int
	keys       keysOf

	// For attacks:
	key        string   // what the one Secret holds; the tenant's key when empty
	own        []string // credentials that every other object names instead of the owner's
	secretSize int      // bytes that each Secret holds beside its key
	isOfOwner  bool     // they declare whom the owner declares
}

// credentialOf returns what an object names.
func (c *crowd) credentialOf(n int) string {
	if len(c.own) > 0 && n%2 == 1 {
		return c.own[n/2%len(c.own)]
	}
	return c.credential
}

// personOf returns whom an object declares when it is edited for the nth time.
func (c *crowd) personOf(edits int) string {
	if c.isOfOwner {
		return []string{alice, bob}[edits%2]
	}
	return []string{carol, dave}[edits%2]
}

// writers is how many requests this program has under way at once.
const writers = 16

// each does something for each object of the crowd.
func (c *crowd) each(do func(n int) error) error {
	var wait sync.WaitGroup
	failed := make(chan error, c.objects)
	numbers := make(chan int)
	for range writers {
		wait.Go(func() {
			for n := range numbers {
				if err := do(n); err != nil {
					failed <- err
				}
			}
		})
	}
	for n := range c.objects {
		numbers <- n
	}
	close(numbers)
	wait.Wait()
	close(failed)
	return <-failed
}

func nameOf(n int) string { return fmt.Sprintf("rival-%04d", n) }

// create makes the objects, and waits until the operator has handled all of them.
func (c *crowd) create(ctx context.Context) error {
	say("creating %d objects for one credential …", c.objects)
	if err := c.put(ctx); err != nil {
		return err
	}
	return process.Until(ctx, 10*time.Minute, func() bool { return c.unhandled(ctx) == 0 })
}

// put makes the objects and their Secrets.
func (c *crowd) put(ctx context.Context) error {
	if c.keys == one {
		if err := c.putTenantsSecret(ctx, "tenant", cmp.Or(c.key, crowdsKey)); err != nil {
			return err
		}
	}
	return c.each(func(n int) error {
		if c.keys == bogus {
			if err := c.putTenantsSecret(ctx, nameOf(n), bogusKey(n)); err != nil {
				return err
			}
		}
		return c.putObject(ctx, n)
	})
}

func bogusKey(n int) string { return fmt.Sprintf("seam_test3bogus%04d", n) }

func (c *crowd) putObject(ctx context.Context, n int) error {
	secret := "tenant"
	if c.keys == bogus {
		secret = nameOf(n)
	}
	return c.api.Create(ctx, &v1alpha1.CredentialAssignment{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: crowdsNamespace, Name: nameOf(n), Annotations: map[string]string{"ballast": strings.Repeat("x", c.size)},
		},
		Spec: v1alpha1.CredentialAssignmentSpec{
			ACSCredentialID: c.credentialOf(n),
			ACSUserID:       c.personOf(0),
			APIKeySecretRef: v1alpha1.SecretKeyRef{Name: secret},
		},
	})
}

func (c *crowd) putTenantsSecret(ctx context.Context, name, key string) error {
	secret := newSecret(crowdsNamespace, name, key)
	secret.StringData["ballast"] = strings.Repeat("x", c.secretSize)
	return c.api.Create(ctx, secret)
}

// unhandled counts the objects that the operator has not looked at yet.
func (c *crowd) unhandled(ctx context.Context) int {
	count := 0
	list := &v1alpha1.CredentialAssignmentList{}
	for {
		err := c.api.List(ctx, list, client.InNamespace(crowdsNamespace), client.Limit(50), client.Continue(list.Continue))
		if err != nil {
			return -1
		}
		for i := range list.Items {
			if list.Items[i].Status.ObservedGeneration < 0 {
				count++
			}
		}
		if list.Continue == "" {
			return count
		}
	}
}

// edit changes one object after the other, so many a second, until stop is called: now and then the person, always
// requestedAt.
func (c *crowd) edit(ctx context.Context, perSecond float64) (stop func() int) {
	return storm(ctx, perSecond, func(n int) {
		patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:"%d"}},"spec":{"acsUserID":%q}}`, v1alpha1.AnnotationRequestedAt, n, c.personOf(n/c.objects))
		obj := &v1alpha1.CredentialAssignment{ObjectMeta: metav1.ObjectMeta{Namespace: crowdsNamespace, Name: nameOf(n % c.objects)}}
		_ = c.api.Patch(ctx, obj, client.RawPatch(types.MergePatchType, []byte(patch))) // the next one comes soon
	})
}

// storm does something so many times a second, as fast as the API server allows, until stop is called, which returns how
// often it was done.
func storm(ctx context.Context, perSecond float64, do func(n int)) (stop func() int) {
	stopped, cancel := context.WithCancel(ctx)
	var wait sync.WaitGroup
	numbers := make(chan int)
	done := 0
	for range writers {
		wait.Go(func() {
			for n := range numbers {
				do(n)
			}
		})
	}
	wait.Go(func() {
		defer close(numbers)
		tick := time.NewTicker(time.Duration(float64(time.Second) / perSecond))
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-tick.C:
				numbers <- n
				done = n + 1
			case <-stopped.Done():
				return
			}
		}
	})
	return func() int { cancel(); wait.Wait(); return done }
}

// remove deletes the objects and their Secrets.
func (c *crowd) remove(ctx context.Context) error {
	for _, kind := range []client.Object{&v1alpha1.CredentialAssignment{}, &corev1.Secret{}} {
		if err := c.api.DeleteAllOf(ctx, kind, client.InNamespace(crowdsNamespace)); err != nil {
			return err
		}
	}
	return process.Until(ctx, 10*time.Minute, func() bool {
		var list v1alpha1.CredentialAssignmentList
		err := c.api.List(ctx, &list, client.InNamespace(crowdsNamespace), client.Limit(1))
		return err == nil && len(list.Items) == 0
	})
}
