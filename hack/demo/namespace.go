package main

// A namespace takes its Secret with it, at once: the operator goes on with the key that it used last.
var (
	frontDesk = step{
		title: "Declare in a namespace of its own that a key card is Carol's",
		commands: [][]string{
			{"create", "namespace", "front-desk"},
			{"create", "secret", "generic", "seam", "--namespace=front-desk", "--from-literal=api-key=" + apiKey},
			{"apply", "-f", "hack/demo/front-desk.yaml"},
			{"wait", "--for=condition=Ready", "credassign/carol-key-card", "--namespace=front-desk", "--timeout=60s"},
		},
		writes:     []string{"PATCH /acs/credentials/assign credential=88888888… acs_user=55555555… → 200"},
		credential: theKeyCard,
		holder:     carol,
	}
	removeNamespace = step{
		title:      "Delete the namespace: its Secret goes too, and the key card is taken away all the same",
		commands:   [][]string{{"delete", "namespace", "front-desk", "--timeout=60s"}},
		writes:     []string{"PATCH /acs/credentials/unassign credential=88888888… acs_user=55555555… → 200"},
		credential: theKeyCard,
	}
)
