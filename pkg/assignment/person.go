package assignment

// Person is somebody who can be given a credential: an ACS user or a user identity, exactly one of them.
type Person struct {
	ACSUserID      string `json:"acsUserID,omitempty"`
	UserIdentityID string `json:"userIdentityID,omitempty"`
}

// String names the person by ID, for messages.
func (p Person) String() string {
	if p.ACSUserID != "" {
		return "ACS user " + p.ACSUserID
	}
	return "user identity " + p.UserIdentityID
}

// Holder is who holds a credential as Seam shows it: an ACS user, a user identity, both for one person, or nobody.
type Holder struct {
	ACSUserID      string
	UserIdentityID string
}

// Free reports whether nobody holds the credential.
func (h Holder) Free() bool { return h == Holder{} }

// Person returns the holder in the form that Seam is asked to unassign: the ACS user when Seam shows one.
func (h Holder) Person() Person {
	if h.ACSUserID != "" {
		return Person{ACSUserID: h.ACSUserID}
	}
	return Person{UserIdentityID: h.UserIdentityID}
}

// Account is what Seam told about one person.
type Account struct {
	// Exists is false when Seam answered that there is no such person.
	Exists bool
	// UserIdentityID is the identity that an ACS user is linked to, or the identity that a user identity reads as: a
	// merged one reads as its survivor. Empty for an ACS user without identity.
	UserIdentityID string
	// ACSSystemID is the access system of an ACS user; empty when Seam does not say.
	ACSSystemID string
}

// People holds what was read about persons so far.
type People map[Person]Account

// holds reports whether the holder is the person. When what was read does not tell, it returns the person to read next.
// A holder counts as a user identity when the credential shows that identity or when its ACS user is linked to it.
func (p People) holds(h Holder, person Person) (bool, *Person) {
	if h.Free() {
		return false, nil
	}
	if person.ACSUserID != "" {
		return p.holdsAsUser(h, person)
	}
	return p.holdsAsIdentity(h, person.UserIdentityID)
}

func (p People) holdsAsUser(h Holder, person Person) (bool, *Person) {
	if h.ACSUserID != "" {
		return h.ACSUserID == person.ACSUserID, nil
	}
	account, read := p[person]
	if !read {
		return false, &person
	}
	return p.sameIdentity(h.UserIdentityID, account.UserIdentityID)
}

func (p People) holdsAsIdentity(h Holder, identity string) (bool, *Person) {
	if same, next := p.sameIdentity(h.UserIdentityID, identity); same || h.ACSUserID == "" {
		return same, next
	}
	user := Person{ACSUserID: h.ACSUserID}
	account, read := p[user]
	if !read {
		return false, &user
	}
	if same, next := p.sameIdentity(account.UserIdentityID, identity); same || next != nil {
		return same, next
	}
	return p.sameIdentity(h.UserIdentityID, identity)
}

// sameIdentity compares two user identities, each as what it reads as.
func (p People) sameIdentity(a, b string) (bool, *Person) {
	if a == "" || b == "" {
		return false, nil
	}
	if a == b {
		return true, nil
	}
	for _, id := range []string{b, a} {
		if _, read := p[Person{UserIdentityID: id}]; !read {
			return false, &Person{UserIdentityID: id}
		}
	}
	return p.survivor(a) == p.survivor(b), nil
}

func (p People) survivor(identity string) string {
	if id := p[Person{UserIdentityID: identity}].UserIdentityID; id != "" {
		return id
	}
	return identity
}
