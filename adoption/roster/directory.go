package roster

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/uptake-telemetry/uptake/adoption/roster/scim"
	"github.com/uptake-telemetry/uptake/schema"
)

// DirectoryDeps are what a directory works with.
type DirectoryDeps struct {
	Conn       driver.Conn
	Sealer     *Sealer
	Pseudonyms *schema.Pseudonymizer
	Mapper     *Mapper
	Logger     *slog.Logger
	Registerer prometheus.Registerer
	// Audit notes that so many changes are put in force, before they are; may be nil.
	Audit func(ctx context.Context, changes uint64) error
	// Now is the clock; time.Now where it is nil.
	Now func() time.Time
}

// Directory keeps the users and groups that an identity provider sends, as a
// scim.Store. It answers from memory, and from the table scim_resource it is
// made anew at each start: whatever was answered with success stands there, many
// changes in one insert. One process serves it at a time; where another wrote,
// or rows were erased, it reads the table again.
type Directory struct {
	DirectoryDeps
	config  Config
	metrics directoryMetrics

	mu    sync.RWMutex
	state *directoryState
	// failed is why the state cannot be used: it is not read yet, or an insert failed.
	failed error
	queue  []waiting
	// fresh counts the changes that were stored and not put in force yet.
	fresh uint64
	wake  chan struct{}
	// lastInsert is how many rows the last insert had; Run alone uses it.
	lastInsert int
	dirty      chan struct{}
	// inForce is the fingerprint of what was put in force last.
	inForce atomic.Pointer[string]
}

// Why nothing is answered before the table was read, or was read again.
var (
	errStarting  = errors.New("the directory is being read")
	errRereading = errors.New("the directory is being read again")
)

// NewDirectory makes a directory; Run brings it to life.
func NewDirectory(config Config, deps DirectoryDeps) *Directory {
	if deps.Now == nil {
		deps.Now = time.Now
	}
	if deps.Logger == nil {
		deps.Logger = slog.New(slog.DiscardHandler)
	}
	return &Directory{
		DirectoryDeps: deps, config: config, metrics: newDirectoryMetrics(deps.Registerer),
		failed: errStarting, wake: make(chan struct{}, 1), dirty: make(chan struct{}, 1),
	}
}

// ready is the state to read, under the lock.
func (d *Directory) ready() (*directoryState, error) {
	if d.failed != nil {
		return nil, d.failed
	}
	return d.state, nil
}

// Get implements scim.Store.
func (d *Directory) Get(_ context.Context, kind scim.Kind, id string) (scim.Resource, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	state, err := d.ready()
	if err != nil {
		return scim.Resource{}, err
	}
	e := state.of(kind).entries[strings.ToLower(id)]
	if e == nil {
		return scim.Resource{}, scim.NotFound(kind)
	}
	return d.resource(e), nil
}

// resource is an entry as SCIM has it. Its refs are read when they are asked for.
func (d *Directory) resource(e *entry) scim.Resource {
	r := e.resource()
	r.Refs = func() []string {
		d.mu.RLock()
		defer d.mu.RUnlock()
		return d.state.refs(e)
	}
	return r
}

// Find implements scim.Store.
func (d *Directory) Find(_ context.Context, kind scim.Kind, key scim.Key, value string) ([]scim.Resource, bool, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	state, err := d.ready()
	if err != nil {
		return nil, false, err
	}
	entries, indexed := state.find(kind, key, value)
	return d.resources(entries), indexed, nil
}

func (d *Directory) resources(entries []*entry) []scim.Resource {
	list := make([]scim.Resource, 0, len(entries))
	for _, e := range entries {
		list = append(list, d.resource(e))
	}
	return list
}

// Page implements scim.Store.
func (d *Directory) Page(_ context.Context, kind scim.Kind, first, count int) ([]scim.Resource, int, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	state, err := d.ready()
	if err != nil {
		return nil, 0, err
	}
	order := state.of(kind).inOrder()
	from := min(first-1, len(order))
	return d.resources(order[from:min(from+count, len(order))]), len(order), nil
}

// Each implements scim.Store.
func (d *Directory) Each(ctx context.Context, kind scim.Kind, visit func(scim.Resource)) error {
	d.mu.RLock()
	state, err := d.ready()
	if err != nil {
		d.mu.RUnlock()
		return err
	}
	order := slices.Clone(state.of(kind).inOrder())
	d.mu.RUnlock()
	for _, e := range order {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		d.mu.RLock()
		r := d.resource(e)
		d.mu.RUnlock()
		visit(r)
	}
	return nil
}

// Create implements scim.Store.
func (d *Directory) Create(ctx context.Context, kind scim.Kind, edit scim.Edit) (scim.Resource, error) {
	return d.change(ctx, func(*directoryState) (change, error) {
		return change{kind: kind, id: uuid.NewString(), attributes: edit.Attributes, members: edit.Members}, nil
	})
}

// Change implements scim.Store.
func (d *Directory) Change(ctx context.Context, kind scim.Kind, id string, edit func(scim.Resource) (scim.Edit, error)) (scim.Resource, error) {
	return d.change(ctx, func(state *directoryState) (change, error) {
		e := state.of(kind).entries[strings.ToLower(id)]
		if e == nil {
			return change{}, scim.NotFound(kind)
		}
		current := e.resource()
		current.Refs = func() []string { return state.refs(e) }
		made, err := edit(current)
		return change{kind: kind, id: e.id, attributes: made.Attributes, members: made.Members}, err
	})
}

// Delete implements scim.Store.
func (d *Directory) Delete(ctx context.Context, kind scim.Kind, id string, check func(scim.Resource) error) error {
	_, err := d.change(ctx, func(state *directoryState) (change, error) {
		e := state.of(kind).entries[strings.ToLower(id)]
		if e == nil {
			return change{}, scim.NotFound(kind)
		}
		return change{kind: kind, id: e.id, deleted: true}, check(e.resource())
	})
	return err
}

// change makes a change, and waits until it is stored. A change that changes
// nothing is not stored.
func (d *Directory) change(ctx context.Context, edit func(*directoryState) (change, error)) (scim.Resource, error) {
	d.mu.Lock()
	state, err := d.ready()
	if err != nil {
		d.mu.Unlock()
		return scim.Resource{}, err
	}
	c, err := edit(state)
	if err == nil {
		err = state.check(&c)
	}
	if err != nil {
		d.mu.Unlock()
		return scim.Resource{}, err
	}
	if c.same {
		same := d.resource(c.entry)
		d.mu.Unlock()
		return same, nil
	}
	c.at = state.later(d.Now())
	row := d.row(c)
	applied := d.resource(state.apply(c))
	stored := d.enqueue(row)
	d.mu.Unlock()
	select {
	case err = <-stored:
	case <-ctx.Done():
		err = ctx.Err()
	}
	return applied, err
}

// sealedContent is what a row keeps of a state.
type sealedContent struct {
	Attributes json.RawMessage `json:"attributes,omitempty"`
	// Joined and Left tell of a group who came and went with this state.
	Joined []string `json:"joined,omitempty"`
	Left   []string `json:"left,omitempty"`
}
