package main

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

// The first digit of each ID tells people what it names.
const (
	workspaces  = 1
	systems     = 2
	users       = 3
	identities  = 4
	linkedUsers = 5
	credentials = 6
)

func idOf(what, number int) string {
	return fmt.Sprintf("%x%07x-0000-4000-8000-%012x", what, number, number)
}

func tokenOf(key int) string { return fmt.Sprintf("seam_test%dkey_of_the_benchmark", key+1) }

func secretOf(key int) string { return fmt.Sprintf("seam-%d", key) }

// doors are objects with one credential and one person each: every other one is an ACS user, the rest user identities.
type doors struct {
	name        string // of the objects, before their number
	first, many int    // numbers tell them from all others of the run
	keys        int
	policy      v1alpha1.DeletionPolicy
}

// seed lets Seam know the credentials and the persons.
func (d doors) seed(f *fakeSeam) {
	for i := range d.many {
		n := d.first + i
		system := idOf(systems, i%d.keys)
		f.AddCredential(fakeseam.Credential{ID: idOf(credentials, n), SystemID: system})
		if isByIdentity(n) {
			f.AddIdentity(fakeseam.Identity{ID: idOf(identities, n), WorkspaceID: idOf(workspaces, i%d.keys)})
			f.AddUser(fakeseam.User{ID: idOf(linkedUsers, n), SystemID: system, UserIdentityID: idOf(identities, n)})
		} else {
			f.AddUser(fakeseam.User{ID: idOf(users, n), SystemID: system})
		}
	}
}

func isByIdentity(number int) bool { return number%2 == 1 }

// userOf returns the ACS user who shall hold a credential, as Seam shows it.
func userOf(number int) string {
	if isByIdentity(number) {
		return idOf(linkedUsers, number)
	}
	return idOf(users, number)
}

func (d doors) nameOf(i int) string { return fmt.Sprintf("%s-%06d", d.name, i) }

// object declares the i-th of them.
func (d doors) object(i int) *v1alpha1.CredentialAssignment {
	person := d.assignment(i)
	return &v1alpha1.CredentialAssignment{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: d.nameOf(i)},
		Spec: v1alpha1.CredentialAssignmentSpec{
			ACSCredentialID: person.CredentialID,
			ACSUserID:       person.ACSUserID,
			UserIdentityID:  person.UserIdentityID,
			APIKeySecretRef: v1alpha1.SecretKeyRef{Name: secretOf(i % d.keys)},
			DeletionPolicy:  d.policy,
		},
	}
}

// assignment is what is to be asked of Seam for the i-th of them.
func (d doors) assignment(i int) seam.Assignment {
	n := d.first + i
	a := seam.Assignment{CredentialID: idOf(credentials, n)}
	if isByIdentity(n) {
		a.UserIdentityID = idOf(identities, n)
	} else {
		a.ACSUserID = idOf(users, n)
	}
	return a
}

// isHeld reports whether the i-th credential is held by whom its object declares.
func (d doors) isHeld(f *fakeSeam, i int) bool {
	c, _ := f.Credential(idOf(credentials, d.first+i))
	return c.ACSUserID == userOf(d.first+i)
}

// isFree reports whether nobody holds the i-th credential.
func (d doors) isFree(f *fakeSeam, i int) bool {
	c, _ := f.Credential(idOf(credentials, d.first+i))
	return c.ACSUserID == "" && c.UserIdentityID == ""
}
