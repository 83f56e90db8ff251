package controllers

import (
	"bytes"
	"cmp"
	"context"
	"fmt"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

// secretError says why a Secret gives no API key.
type secretError struct{ message string }

func (e *secretError) Error() string { return e.message }

// token reads the API key of an object from its Secret, from the API server itself, with the version of the Secret. It
// leaves no logger to client-go, which writes whole answers into one of verbosity 8.
func (r *Reconciler) token(ctx context.Context, obj *v1alpha1.CredentialAssignment) (token seam.Token, version string, err error) {
	name, entry := obj.Spec.APIKeySecretRef.Name, cmp.Or(obj.Spec.APIKeySecretRef.Key, v1alpha1.DefaultSecretKey)
	var secret corev1.Secret
	err = r.Live.Get(ctrl.LoggerInto(ctx, logr.Discard()), secretOf(obj), &secret)
	switch {
	case apierrors.IsNotFound(err):
		return seam.Token{}, "", &secretError{fmt.Sprintf("no Secret %q in namespace %q: kubectl create secret generic %s --namespace %s --from-literal=%s=…",
			name, obj.Namespace, name, obj.Namespace, entry)}
	case apierrors.IsForbidden(err):
		return seam.Token{}, "", &secretError{fmt.Sprintf("the operator may not read Secret %q in namespace %q: give its ServiceAccount get on Secrets there", name, obj.Namespace)}
	case err != nil:
		return seam.Token{}, "", fmt.Errorf("reading Secret %s/%s: %w", obj.Namespace, name, err)
	case len(bytes.TrimSpace(secret.Data[entry])) == 0:
		return seam.Token{}, "", &secretError{fmt.Sprintf("Secret %q in namespace %q has no key %q, or it is empty: put the Seam API key there, "+
			"or name its key in spec.apiKeySecretRef.key", name, obj.Namespace, entry)}
	}
	token, err = seam.ParseToken(string(secret.Data[entry]))
	return token, versionOf(&secret), err
}

// versionOf tells versions of Secrets apart, also of one that was deleted and created anew.
func versionOf(secret metav1.Object) string {
	return string(secret.GetUID()) + "/" + secret.GetResourceVersion()
}

// secretOf returns the name of the object's Secret. The namespace is always the object's own: else whoever may create objects
// could use any tenant's key.
func secretOf(obj *v1alpha1.CredentialAssignment) client.ObjectKey {
	return client.ObjectKey{Namespace: obj.Namespace, Name: obj.Spec.APIKeySecretRef.Name}
}

// secretVersions tells versions of the Secrets of objects apart by what the cache knows of them; empty for one that is not
// there. Each is looked up once, however many objects name it.
func (r *Reconciler) secretVersions(ctx context.Context, objects []v1alpha1.CredentialAssignment) (map[client.ObjectKey]string, error) {
	versions := map[client.ObjectKey]string{}
	for i := range objects {
		key := secretOf(&objects[i])
		if _, isKnown := versions[key]; isKnown {
			continue
		}
		m := secretMetadata()
		err := r.Client.Get(ctx, key, m, client.UnsafeDisableDeepCopy)
		switch {
		case err == nil:
			versions[key] = versionOf(m)
		case apierrors.IsNotFound(err):
			versions[key] = ""
		default:
			return nil, fmt.Errorf("looking at Secret %s in the cache: %w", key, err)
		}
	}
	return versions, nil
}

// isTerminating reports whether the namespace is being deleted. One that the operator may not look at counts as staying.
func (r *Reconciler) isTerminating(ctx context.Context, namespace string) bool {
	m := &metav1.PartialObjectMetadata{}
	m.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
	err := r.Live.Get(ctx, client.ObjectKey{Name: namespace}, m)
	return err == nil && !m.DeletionTimestamp.IsZero()
}
