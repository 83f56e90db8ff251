package fakeseam

import "time"

// problem is an entry of warnings or errors.
type problem struct {
	WarningCode  string `json:"warning_code,omitempty"`
	ErrorCode    string `json:"error_code,omitempty"`
	Message      string `json:"message"`
	CreatedAt    string `json:"created_at"`
	OriginalCode string `json:"original_code,omitempty"`
}

// shapeWarnings repeats the credential's PIN in message and original_code, since
// Seam may: whoever passes a warning on must not pass these on.
func shapeWarnings(codes []string, at time.Time, pin string) []problem {
	shapes := []problem{}
	for _, code := range codes {
		p := problem{WarningCode: code, Message: "Warning " + code, CreatedAt: wireTime(at), OriginalCode: pin}
		if pin != "" {
			p.Message += " for code " + pin
		}
		shapes = append(shapes, p)
	}
	return shapes
}

func shapeErrors(codes []string, at time.Time) []problem {
	shapes := []problem{}
	for _, code := range codes {
		shapes = append(shapes, problem{ErrorCode: code, Message: "Error " + code, CreatedAt: wireTime(at)})
	}
	return shapes
}

// shapeIssues is the tree in which Seam's validator reports.
func shapeIssues(issues map[string][]string) body {
	tree := body{"_errors": []string{}}
	for name, messages := range issues {
		if name == "" {
			tree["_errors"] = messages
			continue
		}
		tree[name] = body{"_errors": messages}
	}
	return tree
}

// mutation is an entry of an ACS user's pending_mutations.
type mutation struct {
	Code          string `json:"mutation_code"`
	Message       string `json:"message"`
	CreatedAt     string `json:"created_at"`
	From          body   `json:"from,omitempty"`
	To            body   `json:"to,omitempty"`
	AccessGroupID string `json:"acs_access_group_id,omitempty"`
	Variant       string `json:"variant,omitempty"`
}

func shapeMutations(codes []string, at time.Time) []mutation {
	var shapes []mutation
	for _, code := range codes {
		m := mutation{Code: code, Message: "Pending: " + code, CreatedAt: wireTime(at)}
		m.detail()
		shapes = append(shapes, m)
	}
	return shapes
}

// detail fills in what the schema requires of the mutation's kind.
func (m *mutation) detail() {
	switch m.Code {
	case "updating_user_information":
		m.From, m.To = body{"full_name": nil}, body{"full_name": nil}
	case "updating_access_schedule":
		m.From, m.To = body{"starts_at": nil, "ends_at": nil}, body{"starts_at": nil, "ends_at": nil}
	case "updating_suspension_state":
		m.From, m.To = body{"is_suspended": false}, body{"is_suspended": true}
	case "updating_group_membership":
		m.From, m.To = body{"acs_access_group_id": nil}, body{"acs_access_group_id": nil}
	case "updating_credential_assignment":
		m.From, m.To = body{"acs_credential_id": nil}, body{"acs_credential_id": nil}
	case "deferring_group_membership_update":
		m.AccessGroupID, m.Variant = "70000000-0000-4000-8000-000000000001", "adding"
	}
}
