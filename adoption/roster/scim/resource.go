package scim

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// Kind is what a resource is.
type Kind string

// The kinds, as meta.resourceType names them.
const (
	User  Kind = "User"
	Group Kind = "Group"
)

func (k Kind) lower() string { return strings.ToLower(string(k)) }

// endpoint is the path of all resources of the kind.
func (k Kind) endpoint() string { return "/" + string(k) + "s" }

// Resource is a state of a user or a group.
type Resource struct {
	Kind             Kind
	ID               string
	Created, Changed time.Time
	// Attributes are those that a client may write, under the names of the
	// schema; those of an extension lie in an object under its URN. They are
	// never changed in place.
	Attributes map[string]any
	// Refs are the ids of a group's members, or of a user's groups, in their
	// order. It is asked only when they are needed, because they may be many.
	Refs func() []string
}

// Version is the entity tag of the state.
func (r Resource) Version() string {
	return `W/"` + strconv.FormatInt(r.Changed.UnixMicro(), 36) + `"`
}

// Text is a string attribute, empty where there is none.
func (r Resource) Text(name string) string {
	text, _ := r.Attributes[name].(string)
	return text
}

// Active tells whether the user is; nothing said means that they are.
func (r Resource) Active() bool {
	active, said := r.Attributes["active"].(bool)
	return !said || active
}

// Edit is what a request makes of a resource.
type Edit struct {
	Attributes map[string]any
	// Members tells of a group who joins and who leaves; whoever is not named stays.
	Members map[string]bool
}

// Key is an attribute by which a Store finds without looking at all resources.
type Key string

// The keys. Values of all but the id and the external id are found in any case.
const (
	ByID          Key = "id"
	ByUserName    Key = "username"
	ByExternalID  Key = "externalid"
	ByDisplayName Key = "displayname"
	ByEmail       Key = "emails.value"
	ByMember      Key = "members.value"
)

// Store keeps the resources. Errors of the type *Error are told to the client,
// others mean that it shall come again. It is used by many requests at once.
type Store interface {
	// Get returns NotFound where there is none.
	Get(ctx context.Context, kind Kind, id string) (Resource, error)
	// Find returns those with the value, and false where the kind has no such key.
	Find(ctx context.Context, kind Kind, key Key, value string) (found []Resource, indexed bool, err error)
	// Page returns some in the order of their creation, and how many there are.
	Page(ctx context.Context, kind Kind, first, count int) (page []Resource, total int, err error)
	// Each shows all in the order of their creation.
	Each(ctx context.Context, kind Kind, visit func(Resource)) error
	// Create returns Taken where the name is in use.
	Create(ctx context.Context, kind Kind, edit Edit) (Resource, error)
	// Change puts what edit makes of the current state in its place. Edits of one
	// resource come one after the other.
	Change(ctx context.Context, kind Kind, id string, edit func(Resource) (Edit, error)) (Resource, error)
	// Delete removes it if check, which sees the current state, has no error.
	Delete(ctx context.Context, kind Kind, id string, check func(Resource) error) error
}
