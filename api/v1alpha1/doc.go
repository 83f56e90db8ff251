// Package v1alpha1 is the API of seam-operator: the CredentialAssignment that declares who holds a credential at Seam,
// its conditions and reasons, and the names (finalizer, annotations) that the operator owns or reads on it.
//
// +kubebuilder:object:generate=true
// +groupName=acs.seam.co
package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupVersion is the group and version of every type in this package.
var GroupVersion = schema.GroupVersion{Group: "acs.seam.co", Version: "v1alpha1"}

var schemeBuilder = runtime.NewSchemeBuilder(func(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion, &CredentialAssignment{}, &CredentialAssignmentList{})
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
})

// AddToScheme registers the types of this package.
var AddToScheme = schemeBuilder.AddToScheme
