package main

// What other people do at Seam. The operator would see it by itself at the next resync, within about an hour; the
// annotation asks for a look now. Right after a write of its own it looks a few times more, before it calls it drift.
var (
	heal = step{
		title:  "Somebody frees it by hand: the operator assigns it again",
		byHand: &change{told: "somebody takes the mobile key from Bob"},
		commands: [][]string{
			lookNow("2026-03-02T09:00:00Z"),
			looked("2026-03-02T09:00:00Z"),
			{"get", "credassign"},
		},
		writes: []string{"PATCH /acs/credentials/assign credential=66666666… acs_user=44444444… → 200"},
		holder: bob,
	}
	refuse = step{
		title:  "Somebody gives it to Carol: mode Assign takes nothing from others, the operator says so",
		byHand: &change{told: "somebody moves the mobile key to Carol", holder: carol},
		commands: [][]string{
			lookNow("2026-03-02T10:00:00Z"),
			{"wait", `--for=jsonpath={.status.conditions[?(@.type=="Stalled")].reason}=HeldByOther`, object, "--timeout=60s"},
			{"get", "credassign", "-o", "wide"},
		},
		holder: carol,
	}
	giveBack = step{
		title:  "Carol gives it back: nothing is left to do",
		byHand: &change{told: "somebody moves the mobile key back to Bob", holder: bob},
		commands: [][]string{
			lookNow("2026-03-02T11:00:00Z"),
			{"wait", "--for=condition=Ready", object, "--timeout=60s"},
			{"get", "credassign"},
			{"get", "events", "--field-selector=involvedObject.name=alice-mobile-key", "--sort-by=.metadata.creationTimestamp",
				"-o", "custom-columns=TYPE:.type,REASON:.reason,MESSAGE:.message"},
		},
		holder: bob,
	}
)

func lookNow(at string) []string {
	return []string{"annotate", "--overwrite", object, "acs.seam.co/requestedAt=" + at}
}

// looked waits until the look that was asked for is over.
func looked(at string) []string {
	return []string{"wait", "--for=jsonpath={.status.lastHandledReconcileAt}=" + at, object, "--timeout=60s"}
}
