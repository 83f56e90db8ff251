package controllers

import (
	"strconv"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

var (
	noon    = time.Date(2030, 5, 1, 12, 0, 0, 0, time.UTC)
	options = &Options{SeamTimeout: 30 * time.Second}
)

// objects are what the cache shows: one object in a version, or none.
func objects(version int) []v1alpha1.CredentialAssignment {
	if version == 0 {
		return nil
	}
	return []v1alpha1.CredentialAssignment{{ObjectMeta: metav1.ObjectMeta{UID: "x", ResourceVersion: strconv.Itoa(version)}}}
}

// refreshed is a credential whose cache has shown an object in these versions, one after the other.
func refreshed(versions ...int) *credentialState {
	c := &credentialState{objects: map[types.UID]*objectState{}}
	for _, version := range versions {
		c.refresh(objects(version), options, noon)
	}
	return c
}

func TestAnObjectThatLeavesAndComesBackWhileItIsWorkedAtIsKnown(t *testing.T) {
	t.Parallel()
	c := refreshed(1)
	c.objects["x"].activity = busy
	(&subject{credential: c, state: c.objects["x"]}).stored(&objects(2)[0])
	c.refresh(objects(0), options, noon) // as when somebody takes the label off
	if got := c.peers; len(got) != 0 {
		t.Errorf("it is still one of %v", got)
	}
	c.refresh(objects(4), options, noon)
	if got := c.objects["x"]; got.obj.ResourceVersion != "4" || got.isAhead || len(c.peers) != 1 {
		t.Errorf("it is known as %+v of %d", got, len(c.peers))
	}
}

func TestAListFromBeforeAnotherOneShowsNothingOlder(t *testing.T) {
	t.Parallel()
	if got := refreshed(4, 6, 4).objects["x"].obj.ResourceVersion; got != "6" {
		t.Errorf("the object is known in version %s", got)
	}
}

func TestWhoeverTheAPIServerShowsCountsEvenIfTheCacheLostIt(t *testing.T) {
	t.Parallel()
	c := refreshed(1)
	c.objects["x"].activity = busy
	c.refresh(objects(0), options, noon)
	live := versions{"x": &objects(3)[0]}
	if got := c.peersWith(live, options, noon); len(got) != 1 || !got[0].Confirmed {
		t.Errorf("the peers are %v", got)
	}
	c.objects["x"].activity = letGone
	if got := c.peersWith(live, options, noon); len(got) != 0 {
		t.Errorf("one that was let go is among %v", got)
	}
}

func TestOneObjectOfACredentialWritesAtATime(t *testing.T) {
	t.Parallel()
	c := refreshed(1)
	if !c.beginWrite() || c.beginWrite() {
		t.Error("two write at a time, or none")
	}
	if c.endWrite(); !c.beginWrite() {
		t.Error("nobody may write after the first one has ended")
	}
}
