package world

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// The IDs of all worlds: those of Seam's documentation where it has some.
const (
	Credential      = "66666666-6666-6666-6666-666666666666"
	OtherCredential = "66666666-6666-6666-6666-000000000002"
	Alice           = "33333333-3333-3333-3333-333333333333"
	Bob             = "44444444-4444-4444-4444-444444444444"
	Carol           = "55555555-5555-5555-5555-555555555555"
	Frank           = "bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb"
	AliceIdentity   = "22222222-2222-2222-2222-222222222222"
	Workspace       = "11111111-1111-1111-1111-111111111111"
	OtherWorkspace  = "11111111-1111-1111-1111-000000000002"
	FrontDeskKey    = "seam_test1key_of_the_front_desk"
	NewKey          = "seam_test2new_key_of_the_front_desk"
	TenantKey       = "seam_test3key_of_the_tenant"
	// Of the other workspace: a credential, two people, and a key.
	NeighbourCredential = "66666666-6666-6666-6666-000000000003"
	Dave                = "88888888-8888-8888-8888-888888888888"
	Erin                = "99999999-9999-9999-9999-999999999999"
	NeighbourKey        = "seam_test4key_of_the_neighbour"
	pinCode             = "8315907246"
	cardNumber          = "4929104857361"
	systemID            = "77777777-7777-7777-7777-777777777777"
	otherSystemID       = "77777777-7777-7777-7777-000000000002"
)

// World is two namespaces, a Seam, a clock, and the processes of the operator that run in it.
type World struct {
	Seam *fakeseam.Server
	API  client.WithWatch
	// FrontDesk and Tenant are the namespaces; the operator watches both.
	FrontDesk, Tenant string

	ctx     context.Context
	cancel  context.CancelFunc
	cluster *Cluster
	traffic traffic
	log     syncBuffer
	logger  logr.Logger
	history recorder

	mu        sync.Mutex
	now       time.Time
	late      []lateRequest
	due       []time.Time // when something lands at Seam
	processes []*Process
	started   int
	errs      []error
}

// New makes a world without a process: at Seam two workspaces, the first with a free credential and four people, and a
// Secret with a key of it in both namespaces.
func New(ctx context.Context, cluster *Cluster, name string) (*World, error) {
	ctx, cancel := context.WithCancel(ctx)
	w := &World{
		API: cluster.api, cluster: cluster, ctx: ctx, cancel: cancel, FrontDesk: name + "-front-desk", Tenant: name + "-tenant",
		now: time.Now().Truncate(time.Second),
	}
	w.logger = zap.New(zap.WriteTo(&w.log))
	w.Seam = fakeseam.New(fakeseam.WithClock(w.Now))
	w.Seam.AddWorkspace(fakeseam.Workspace{ID: Workspace})
	w.Seam.AddWorkspace(fakeseam.Workspace{ID: OtherWorkspace})
	for _, key := range []string{FrontDeskKey, TenantKey} {
		w.Seam.AddAPIKey(key, Workspace)
	}
	w.Seam.AddSystem(fakeseam.System{ID: systemID, WorkspaceID: Workspace})
	w.Seam.AddSystem(fakeseam.System{ID: otherSystemID, WorkspaceID: OtherWorkspace})
	w.Seam.AddAPIKey(NeighbourKey, OtherWorkspace)
	for _, id := range []string{Dave, Erin} {
		w.Seam.AddUser(fakeseam.User{ID: id, SystemID: otherSystemID})
	}
	w.Seam.AddCredential(fakeseam.Credential{ID: NeighbourCredential, SystemID: otherSystemID})
	w.Seam.AddIdentity(fakeseam.Identity{ID: AliceIdentity, WorkspaceID: Workspace})
	w.Seam.AddUser(fakeseam.User{ID: Alice, SystemID: systemID, UserIdentityID: AliceIdentity})
	for _, id := range []string{Bob, Carol, Frank} {
		w.Seam.AddUser(fakeseam.User{ID: id, SystemID: systemID})
	}
	for _, id := range []string{Credential, OtherCredential} {
		w.Seam.AddCredential(fakeseam.Credential{ID: id, SystemID: systemID, Code: pinCode, CardNumber: cardNumber})
	}
	if err := w.prepare(); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// prepare makes the namespaces, and watches them before anything is in them, so that the history is whole.
func (w *World) prepare() error {
	for namespace, key := range map[string]string{w.FrontDesk: FrontDeskKey, w.Tenant: TenantKey} {
		if err := w.API.Create(w.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}); err != nil {
			return fmt.Errorf("preparing a world: %w", err)
		}
		if err := w.PutSecret(namespace, "seam", key); err != nil {
			return err
		}
		if err := w.watchObjects(namespace); err != nil {
			return err
		}
	}
	return nil
}

// Close kills what runs. The namespaces stay: nobody else uses them.
func (w *World) Close() {
	for _, p := range w.running() {
		p.Kill()
	}
	w.cancel()
	w.Seam.Close()
}

// Now is the time in this world.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// Log is what the processes have logged.
func (w *World) Log() string { return w.log.String() }

// fail keeps an error of the world itself, which makes all that it tells worthless.
func (w *World) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ctx.Err() == nil {
		w.errs = append(w.errs, err)
	}
}

// Err returns what went wrong with the world itself; nil when nothing did.
func (w *World) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return errors.Join(w.errs...)
}

func (w *World) running() []*Process {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]*Process(nil), w.processes...)
}

// syncBuffer is a buffer that many write to.
type syncBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
