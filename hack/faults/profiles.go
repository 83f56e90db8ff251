package main

import (
	"time"

	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// profile is a way for Seam to be, where its documentation leaves that open.
type profile struct {
	name      string
	behaviour fakeseam.Behaviour
}

// profiles may grow at the end only: the numbers of plans go by their places.
var profiles = []profile{
	{"an assign moves", fakeseam.Behaviour{}},
	{"void answers", fakeseam.Behaviour{VoidAnswers: true, ShowIdentity: true}},
	{"an assign over a holder is refused", fakeseam.Behaviour{OnHeld: fakeseam.HeldRefuses, OnRepeat: fakeseam.RepeatRefuses}},
	{"an assign over a holder is ignored", fakeseam.Behaviour{
		OnHeld: fakeseam.HeldIgnores, OnWrongHolder: fakeseam.WrongHolderIgnores, EmptyAnswers: true, IdentityOnly: true,
	}},
	{"reads lag", fakeseam.Behaviour{ReadLag: 4 * time.Second, VoidAnswers: true}},
}
