package v1alpha1

// The names that the operator owns on a CredentialAssignment.
const (
	// Finalizer keeps an object until its person was seen not to hold the credential any more.
	Finalizer = "acs.seam.co/unassign"
	// FieldManager is the field manager of every write of the operator.
	FieldManager = "seam-operator"
)

// The annotations that the operator reads from users.
const (
	// AnnotationRequestedAt asks for a reconcile now; its value is echoed in status.lastHandledReconcileAt.
	AnnotationRequestedAt = "acs.seam.co/requestedAt"
	// AnnotationFluxRequestedAt is Flux's form of the same; AnnotationRequestedAt wins when both are set.
	AnnotationFluxRequestedAt = "reconcile.fluxcd.io/requestedAt"
	// AnnotationAbandon, "true" on an object that is being deleted, gives up its clean-up at Seam.
	AnnotationAbandon = "acs.seam.co/abandon"
)

// DefaultSecretKey is the entry of the Secret that is read when spec.apiKeySecretRef.key is unset.
const DefaultSecretKey = "api-key"
