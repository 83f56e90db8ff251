package controllers

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// CacheOptions returns what the operator's cache holds: the objects that match the selector, in the namespaces or in
// all when there are none, and their Secrets by metadata.
func CacheOptions(namespaces []string, selector labels.Selector) cache.Options {
	options := cache.Options{ByObject: map[client.Object]cache.ByObject{
		&v1alpha1.CredentialAssignment{}: {Label: selector, Transform: withoutBallast},
	}}
	secret, held := secretCache()
	options.ByObject[secret] = held
	for _, namespace := range namespaces {
		if options.DefaultNamespaces == nil {
			options.DefaultNamespaces = map[string]cache.Config{}
		}
		options.DefaultNamespaces[namespace] = cache.Config{}
	}
	return options
}

// withoutBallast takes off managed fields, labels, owner references and foreign annotations: all objects of a tenant are in the
// cache of all, so that they must not be made heavy. The API server selects by labels before they come off here.
func withoutBallast(in any) (any, error) {
	if obj, ok := in.(*v1alpha1.CredentialAssignment); ok {
		stripBallast(obj)
	}
	return in, nil
}

// longestRequest is the longest annotation value that the operator reads, in bytes.
const longestRequest = 256

func stripBallast(obj *v1alpha1.CredentialAssignment) {
	obj.ManagedFields, obj.Labels, obj.OwnerReferences = nil, nil, nil
	for name, value := range obj.Annotations {
		switch name {
		case v1alpha1.AnnotationRequestedAt, v1alpha1.AnnotationFluxRequestedAt, v1alpha1.AnnotationAbandon:
			if len(value) <= longestRequest {
				continue
			}
		}
		delete(obj.Annotations, name)
	}
}

// secretMetadata is how Secrets are watched: without their data.
func secretMetadata() *metav1.PartialObjectMetadata {
	m := &metav1.PartialObjectMetadata{}
	m.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	return m
}

// secretCache returns how the cache holds Secrets: by metadata, less annotations and managed fields, because kubectl
// apply keeps a copy of the data in an annotation.
func secretCache() (client.Object, cache.ByObject) {
	return secretMetadata(), cache.ByObject{Transform: func(in any) (any, error) {
		if m, ok := in.(metav1.Object); ok {
			m.SetAnnotations(nil)
			m.SetManagedFields(nil)
			m.SetLabels(nil)
		}
		return in, nil
	}}
}
