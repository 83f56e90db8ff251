package fakeseam

import "testing"

func TestPendingMutationsHaveTheFieldsOfTheSchema(t *testing.T) {
	extra := map[string]string{
		"creating":                          "",
		"deleting":                          "",
		"deferring_creation":                "",
		"updating_user_information":         "from to",
		"updating_access_schedule":          "from to",
		"updating_suspension_state":         "from to",
		"updating_group_membership":         "from to",
		"updating_credential_assignment":    "from to",
		"deferring_group_membership_update": "acs_access_group_id variant",
	}
	for code, fields := range extra {
		w := newWorld(t)
		w.UpdateUser(alice, func(u *User) { u.PendingMutations = []string{code} })
		user := w.do("POST", "/acs/users/get", object{"acs_user_id": alice}).json["acs_user"].(object)
		pending := user["pending_mutations"].([]any)[0].(object)
		expect[any](t, "mutation_code", pending["mutation_code"], code)
		expectFields(t, code, pending, "mutation_code message created_at "+fields)
	}
}
