package v1alpha1

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// CredentialAssignment declares that one credential (key card, PIN code, mobile key) at Seam belongs to one person: an
// ACS user or a user identity. The operator makes Seam agree and reports in status what Seam shows.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=credentialassignments,singular=credentialassignment,shortName=credassign,categories=seam
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`,description="Whether Seam shows the declared person as holder"
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,description="Why Ready is what it is"
// +kubebuilder:printcolumn:name="Credential",type=string,JSONPath=`.spec.acsCredentialID`,description="The credential's ID at Seam"
// +kubebuilder:printcolumn:name="ACS User",type=string,JSONPath=`.spec.acsUserID`,description="The declared ACS user"
// +kubebuilder:printcolumn:name="Identity",type=string,JSONPath=`.spec.userIdentityID`,priority=1,description="The declared user identity"
// +kubebuilder:printcolumn:name="Mode",type=string,JSONPath=`.spec.mode`,priority=1,description="Assign when empty"
// +kubebuilder:printcolumn:name="Provider",type=string,JSONPath=`.status.conditions[?(@.type=="ProviderSynced")].reason`,priority=1,description="Whether Seam has pushed the assignment to the access system"
// +kubebuilder:printcolumn:name="Suspended",type=boolean,JSONPath=`.spec.suspend`,priority=1,description="Whether the operator leaves this object alone"
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`,priority=1,description="Ready's message"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:selectablefield:JSONPath=`.spec.acsCredentialID`
// +kubebuilder:selectablefield:JSONPath=`.spec.acsUserID`
// +kubebuilder:selectablefield:JSONPath=`.spec.userIdentityID`
type CredentialAssignment struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what you declare: which credential belongs to whom.
	// +required
	Spec CredentialAssignmentSpec `json:"spec"`

	// status is what the operator saw at Seam and did there. Nobody else writes it.
	// +kubebuilder:default={"observedGeneration":-1}
	// +optional
	Status CredentialAssignmentStatus `json:"status,omitempty"`
}

// CredentialAssignmentSpec names the credential, the person who shall hold it, and the API key to use.
//
// +kubebuilder:validation:XValidation:rule="has(self.acsUserID) != has(self.userIdentityID)",message="set exactly one of acsUserID and userIdentityID: a credential belongs to one person"
type CredentialAssignmentSpec struct {
	// acsCredentialID is the ID of the credential at Seam (acs_credential_id), a UUID in lower case, such as
	// 66666666-6666-6666-6666-666666666666. It cannot be changed afterwards: for another credential, create another
	// CredentialAssignment.
	// +required
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$')",message="must be Seam's acs_credential_id: a UUID in lower case, such as 66666666-6666-6666-6666-666666666666"
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="cannot be changed: delete this CredentialAssignment and create one for the other credential"
	ACSCredentialID string `json:"acsCredentialID"`

	// acsUserID is the ID of the ACS user (acs_user_id) who shall hold the credential: a UUID in lower case. Set either
	// this or userIdentityID. When you change the person, the credential is taken from the one before and given to the
	// new one.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$')",message="must be Seam's acs_user_id: a UUID in lower case, such as 33333333-3333-3333-3333-333333333333"
	ACSUserID string `json:"acsUserID,omitempty"`

	// userIdentityID is the ID of the user identity (user_identity_id) who shall hold the credential: a UUID in lower
	// case. Seam gives the credential to that person's ACS user in the credential's access system, and creates one if
	// there is none. Set either this or acsUserID.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$')",message="must be Seam's user_identity_id: a UUID in lower case, such as 22222222-2222-2222-2222-222222222222"
	UserIdentityID string `json:"userIdentityID,omitempty"`

	// apiKeySecretRef names the Secret, in the same namespace, that holds the Seam API key or personal access token.
	// Make one with: kubectl create secret generic seam --from-literal=api-key=…
	// +required
	APIKeySecretRef SecretKeyRef `json:"apiKeySecretRef"`

	// workspaceID is the ID of the Seam workspace (workspace_id), a UUID in lower case. A personal access token needs
	// it, because it is good for several workspaces. With an API key it is a pin: a key of another workspace is then
	// refused before anything is written.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$')",message="must be Seam's workspace_id: a UUID in lower case, such as 11111111-1111-1111-1111-111111111111"
	WorkspaceID string `json:"workspaceID,omitempty"`

	// mode says how far the operator may go. Assign (when unset): assign a free credential, move one that this object
	// assigned before, and never take one from somebody else. Enforce: also take it from any other holder. Observe:
	// only look and report, never change anything at Seam.
	// +optional
	Mode Mode `json:"mode,omitempty"`

	// deletionPolicy says what happens at Seam when this object is deleted. Unassign: the credential is taken from the
	// declared person, and from nobody else. Retain: nothing changes at Seam. When unset, the operator's
	// --default-deletion-policy holds, which is Unassign unless it was started otherwise.
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// resyncInterval is how often Seam is read again to see whether somebody changed the holder there: a duration in
	// hours, minutes and seconds such as 90m or 1h30m, at least 1m. When unset, the operator's --resync-interval holds,
	// which is 1h unless it was started otherwise.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,5}([.][0-9]{1,3})?h)?([0-9]{1,7}([.][0-9]{1,3})?m)?([0-9]{1,9}([.][0-9]{1,3})?s)?$') && self.size() > 0 && duration(self) >= duration('1m')",message="must be a duration in hours, minutes and seconds of at least 1m, such as 90m or 1h30m"
	ResyncInterval *metav1.Duration `json:"resyncInterval,omitempty"`

	// suspend, while true, makes the operator leave this object and its credential alone: nothing is assigned, moved or
	// healed. Deleting the object still unassigns (deletionPolicy holds).
	// +optional
	Suspend bool `json:"suspend,omitempty"`
}

// SecretKeyRef names one key of a Secret in the same namespace.
type SecretKeyRef struct {
	// name is the Secret's name.
	// +required
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",message="must be the name of a Secret in this namespace: lower-case letters, digits, '-' and '.', such as seam"
	Name string `json:"name"`

	// key is the entry of the Secret that holds the API key; api-key when unset.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[-._a-zA-Z0-9]+$')",message="must be a key of the Secret's data: letters, digits, '-', '_' and '.', such as api-key"
	Key string `json:"key,omitempty"`
}

// Mode says how far the operator may go at Seam.
//
// +kubebuilder:validation:Enum=Assign;Enforce;Observe
type Mode string

const (
	// ModeAssign assigns a free credential, moves one this object assigned before, and takes none from anybody else.
	ModeAssign Mode = "Assign"
	// ModeEnforce also takes the credential from any other holder.
	ModeEnforce Mode = "Enforce"
	// ModeObserve never writes to Seam.
	ModeObserve Mode = "Observe"
)

// DeletionPolicy says what happens at Seam when the object is deleted.
//
// +kubebuilder:validation:Enum=Unassign;Retain
type DeletionPolicy string

const (
	// DeletionPolicyUnassign takes the credential from the declared person.
	DeletionPolicyUnassign DeletionPolicy = "Unassign"
	// DeletionPolicyRetain changes nothing at Seam.
	DeletionPolicyRetain DeletionPolicy = "Retain"
)

// CredentialAssignmentStatus is what the operator saw at Seam.
type CredentialAssignmentStatus struct {
	// observedGeneration is the metadata.generation that this status speaks of; -1 until the object was first handled.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// lastHandledReconcileAt is the value of the annotation acs.seam.co/requestedAt (or
	// reconcile.fluxcd.io/requestedAt) that was answered last.
	// +optional
	LastHandledReconcileAt string `json:"lastHandledReconcileAt,omitempty"`

	// workspaceID is the Seam workspace in which the API key first read the credential. It stays while the operator has
	// something recorded here or a finalizer on this object: a key of another workspace is refused meanwhile.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	WorkspaceID string `json:"workspaceID,omitempty"`

	// acsUserID is the ACS user who holds the credential now, as Seam tells it.
	// +optional
	ACSUserID string `json:"acsUserID,omitempty"`

	// userIdentityID is the user identity who holds the credential now, as Seam tells it.
	// +optional
	UserIdentityID string `json:"userIdentityID,omitempty"`

	// lastAssignedTime is when the operator last assigned the credential for this object.
	// +optional
	LastAssignedTime *metav1.Time `json:"lastAssignedTime,omitempty"`

	// assignedTo is whom this object assigned, or found as the declared holder: the person whom the operator may move or
	// remove for this object. While the credential makes room for another person, it names nobody.
	// +optional
	AssignedTo *AssignedTo `json:"assignedTo,omitempty"`

	// pendingWrites are the changes that were sent to Seam, or are about to be, and whose effect is not known for sure.
	// Each is written here before the call goes out, so that it is not forgotten when the operator is killed.
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=8
	// +optional
	PendingWrites []PendingWrite `json:"pendingWrites,omitempty"`

	// credential is what Seam tells of the credential; present only while the present API key reads it.
	// +optional
	Credential *CredentialStatus `json:"credential,omitempty"`

	// conditions: Ready says whether Seam shows the declared person as holder. ProviderSynced says whether Seam has
	// pushed that to the access system. Reconciling is present while the operator is still working on it, Stalled while
	// somebody must change something first.
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// MaxPendingWrites is how many calls of one object may be without a known effect at the same time.
const MaxPendingWrites = 8

// AssignedTo is the person whom an object assigned, or found as the declared holder; nobody while it makes room.
type AssignedTo struct {
	// uid is the object's own UID: copied to another object, as from a backup, this proves nothing.
	// +required
	// +kubebuilder:validation:MaxLength=64
	UID string `json:"uid"`

	// acsUserID is the person, when it is an ACS user.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	ACSUserID string `json:"acsUserID,omitempty"`

	// userIdentityID is the person, when it is a user identity.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	UserIdentityID string `json:"userIdentityID,omitempty"`

	// workspaceID is the Seam workspace that the credential belongs to.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	WorkspaceID string `json:"workspaceID,omitempty"`

	// since is when the person was first seen to hold the credential because of this object.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Format=date-time
	// +kubebuilder:validation:Pattern=`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?Z$`
	Since *metav1.Time `json:"since,omitempty"`
}

// Operation names a change at Seam.
//
// +kubebuilder:validation:Enum=Assign;Unassign
type Operation string

const (
	// OperationAssign gives the credential to a person.
	OperationAssign Operation = "Assign"
	// OperationUnassign takes the credential from a person.
	OperationUnassign Operation = "Unassign"
)

// Verb returns the operation as messages and metrics name it: assign or unassign.
func (o Operation) Verb() string { return strings.ToLower(string(o)) }

// PendingWrite is a change whose effect at Seam is not known for sure.
type PendingWrite struct {
	// uid is the object's own UID: copied to another object, as from a backup, this proves nothing.
	// +required
	// +kubebuilder:validation:MaxLength=64
	UID string `json:"uid"`

	// operation is Assign or Unassign.
	// +required
	Operation Operation `json:"operation"`

	// acsUserID is the person who gets or loses the credential, when it is an ACS user.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	ACSUserID string `json:"acsUserID,omitempty"`

	// userIdentityID is the person who gets or loses the credential, when it is a user identity.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	UserIdentityID string `json:"userIdentityID,omitempty"`

	// startedAt is when the call was about to go out, by the operator's clock.
	// +required
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Format=date-time
	// +kubebuilder:validation:Pattern=`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?Z$`
	StartedAt metav1.Time `json:"startedAt"`
}

// CredentialStatus is what Seam tells of the credential: codes and dates, never its PIN, number or texts.
type CredentialStatus struct {
	// acsSystemID is the access system that the credential belongs to.
	// +optional
	ACSSystemID string `json:"acsSystemID,omitempty"`

	// accessMethod is how the credential opens doors, such as code, card or mobile_key.
	// +optional
	AccessMethod string `json:"accessMethod,omitempty"`

	// isIssued says whether the credential was encoded on a card or sent to a phone. It is independent of assignment.
	// +optional
	IsIssued *bool `json:"isIssued,omitempty"`

	// startsAt is when the credential begins to be valid.
	// +optional
	StartsAt *metav1.Time `json:"startsAt,omitempty"`

	// endsAt is when the credential ends to be valid.
	// +optional
	EndsAt *metav1.Time `json:"endsAt,omitempty"`

	// warnings are the codes of Seam's warnings about the credential.
	// +listType=atomic
	// +optional
	Warnings []string `json:"warnings,omitempty"`

	// errors are the codes of Seam's errors about the credential.
	// +listType=atomic
	// +optional
	Errors []string `json:"errors,omitempty"`
}

// CredentialAssignmentList is a list of CredentialAssignments.
//
// +kubebuilder:object:root=true
type CredentialAssignmentList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []CredentialAssignment `json:"items"`
}
