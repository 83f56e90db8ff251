package main

const object = "credassign/alice-mobile-key"

// The story: config/samples and what may become of it.
var (
	install = step{
		title:    "Install the operator: config/default, less its Deployment",
		commands: [][]string{{"apply", "-k", "hack/demo"}},
	}
	giveKey = step{
		title:    "Give it an API key of Seam",
		commands: [][]string{{"create", "secret", "generic", "seam", "--from-literal=api-key=" + apiKey}},
	}
	assign = step{
		title: "Declare that the mobile key is Alice's",
		commands: [][]string{
			{"apply", "-f", "config/samples"},
			{"wait", "--for=condition=Ready", object, "--timeout=60s"},
			{"get", "credassign"},
			{"get", "credassign", "-o", "wide"},
			{"get", "credassign", "-o", "yaml"},
		},
		writes: []string{"PATCH /acs/credentials/assign credential=66666666… acs_user=33333333… → 200"},
		holder: alice,
	}
	move = step{
		title: "Move it to Bob",
		commands: [][]string{
			{"patch", object, "--type=merge", "--patch", `{"spec":{"acsUserID":"` + bob + `"}}`},
			{"wait", "--for=condition=Ready", object, "--timeout=60s"},
			{"get", "credassign"},
		},
		writes: []string{
			"PATCH /acs/credentials/unassign credential=66666666… acs_user=33333333… → 200",
			"PATCH /acs/credentials/assign credential=66666666… acs_user=44444444… → 200",
		},
		holder: bob,
	}
	remove = step{
		title: "Delete the declaration",
		commands: [][]string{
			{"delete", object, "--timeout=60s"},
			{"get", "credassign"},
		},
		writes: []string{"PATCH /acs/credentials/unassign credential=66666666… acs_user=44444444… → 200"},
	}
	again = step{
		title: "Declare it once more, to play with",
		commands: [][]string{
			{"apply", "-f", "config/samples"},
			{"wait", "--for=condition=Ready", object, "--timeout=60s"},
		},
		writes: assign.writes,
		holder: alice,
	}
)
