package assignment

// Person is somebody who can be given a credential: an ACS user or a user identity, exactly one of them. The zero value is
// nobody.
type Person struct {
	ACSUserID      string
	UserIdentityID string
}

// String names the person by ID, for messages.
func (p Person) String() string {
	switch {
	case p.ACSUserID != "":
		return "ACS user " + p.ACSUserID
	case p.UserIdentityID != "":
		return "user identity " + p.UserIdentityID
	default:
		return "nobody"
	}
}

// IsZero reports whether the person is nobody.
func (p Person) IsZero() bool { return p == Person{} }

// Holder is who holds a credential as Seam shows it: an ACS user, a user identity, both for one person, or nobody.
type Holder struct {
	ACSUserID      string
	UserIdentityID string
}

// IsFree reports whether nobody holds the credential.
func (h Holder) IsFree() bool { return h == Holder{} }

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

// matcher compares persons with the holder by what was read so far. A comparison that cannot be made yet counts as false
// and is noted in missing: then all that was concluded is void until that person is read.
type matcher struct {
	holder  Holder
	people  People
	missing *Person
}

// holds reports whether the holder is the person. A holder counts as a user identity when the credential shows that
// identity or when its ACS user is linked to it.
func (m *matcher) holds(person Person) bool {
	switch {
	case m.holder.IsFree() || person.IsZero():
		return false
	case person.ACSUserID == "":
		return m.holdsAsIdentity(person.UserIdentityID)
	case m.holder.ACSUserID != "":
		return m.holder.ACSUserID == person.ACSUserID
	}
	account, known := m.account(person)
	return known && m.sameIdentity(m.holder.UserIdentityID, account.UserIdentityID)
}

func (m *matcher) holdsAsIdentity(identity string) bool {
	if m.holder.ACSUserID == "" || m.holder.UserIdentityID == identity {
		return m.sameIdentity(m.holder.UserIdentityID, identity)
	}
	account, known := m.account(Person{ACSUserID: m.holder.ACSUserID})
	return known && (m.sameIdentity(account.UserIdentityID, identity) || m.sameIdentity(m.holder.UserIdentityID, identity))
}

// isHolderOf reports whether a person of whom there may be many, as rivals name them, is the holder. It asks for nothing
// but the holder's own account, so that what others declare costs no reads.
func (m *matcher) isHolderOf(person Person) bool {
	switch {
	case person.IsZero():
		return false
	case person.ACSUserID != "":
		return person.ACSUserID == m.holder.ACSUserID
	case person.UserIdentityID == m.holder.UserIdentityID || m.holder.ACSUserID == "":
		return person.UserIdentityID == m.holder.UserIdentityID
	}
	account, known := m.account(Person{ACSUserID: m.holder.ACSUserID})
	return known && account.UserIdentityID == person.UserIdentityID
}

// sameIdentity compares two user identities, each as what it reads as.
func (m *matcher) sameIdentity(a, b string) bool {
	if a == "" || b == "" || a == b {
		return a != "" && a == b
	}
	survivorB, known := m.survivor(b)
	if !known {
		return false
	}
	survivorA, known := m.survivor(a)
	return known && survivorA == survivorB
}

func (m *matcher) survivor(identity string) (string, bool) {
	account, known := m.account(Person{UserIdentityID: identity})
	if account.UserIdentityID == "" {
		return identity, known
	}
	return account.UserIdentityID, known
}

// account returns what was read about a person, or notes that it has to be read.
func (m *matcher) account(person Person) (Account, bool) {
	account, known := m.people[person]
	if !known && m.missing == nil {
		m.missing = &person
	}
	return account, known
}
