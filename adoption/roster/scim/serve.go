package scim

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

func (h *handler) create(q request) (answer, error) {
	edit, err := q.whole()
	if err != nil {
		return answer{}, err
	}
	made, err := h.Store.Create(q.Context(), q.kind, edit)
	if err != nil {
		return answer{}, err
	}
	return q.shown(http.StatusCreated, made)
}

// whole reads a resource as POST and PUT send it.
func (q request) whole() (Edit, error) {
	sent, err := q.object()
	if err != nil {
		return Edit{}, err
	}
	edit := Edit{Members: map[string]bool{}}
	if q.kind == Group {
		for name, value := range sent {
			if !strings.EqualFold(name, "members") {
				continue
			}
			ids, err := memberIDs(value)
			if err != nil {
				return Edit{}, err
			}
			for _, id := range ids {
				edit.Members[id] = true
			}
			delete(sent, name)
		}
	}
	edit.Attributes, err = clean(q.kind, sent)
	return edit, err
}

func (h *handler) get(q request) (answer, error) {
	found, err := h.Store.Get(q.Context(), q.kind, q.id)
	if err != nil {
		return answer{}, err
	}
	if known := q.Header.Get("If-None-Match"); known != "" && hasTag(known, found.Version()) {
		return answer{status: http.StatusNotModified, version: found.Version()}, nil
	}
	return q.shown(http.StatusOK, found)
}

func (h *handler) replace(q request) (answer, error) {
	// The body is read before the resource is held.
	edit, err := q.whole()
	if err != nil {
		return answer{}, err
	}
	changed, err := h.Store.Change(q.Context(), q.kind, q.id, func(r Resource) (Edit, error) {
		if err := q.unchanged(r); err != nil {
			return Edit{}, err
		}
		if q.kind == Group {
			members := map[string]bool{}
			for _, id := range r.Refs() {
				members[id] = false
			}
			maps.Copy(members, edit.Members)
			return Edit{Attributes: edit.Attributes, Members: members}, nil
		}
		return edit, nil
	})
	if err != nil {
		return answer{}, err
	}
	return q.shown(http.StatusOK, changed)
}

func (h *handler) patch(q request) (answer, error) {
	body, err := q.body()
	if err != nil {
		return answer{}, err
	}
	operations, err := parsePatch(body)
	if err != nil {
		return answer{}, err
	}
	changed, err := h.Store.Change(q.Context(), q.kind, q.id, func(r Resource) (Edit, error) {
		if err := q.unchanged(r); err != nil {
			return Edit{}, err
		}
		return applyPatch(r, operations)
	})
	if err != nil {
		return answer{}, err
	}
	// The members of a group may be many, and nobody asked for them.
	if q.kind == Group && !q.URL.Query().Has("attributes") {
		return answer{status: http.StatusNoContent, version: changed.Version()}, nil
	}
	return q.shown(http.StatusOK, changed)
}

// shown is one resource with what is asked of its attributes.
func (q request) shown(status int, r Resource) (answer, error) {
	query := q.URL.Query()
	wanted, err := parseProjection(query.Get("attributes"), query.Get("excludedAttributes"))
	if err != nil {
		return answer{}, err
	}
	return answer{status: status, body: q.document(r, wanted), version: r.Version(), location: q.location(r)}, nil
}

func (q request) location(r Resource) string { return q.base + r.Kind.endpoint() + "/" + r.ID }

// document is a resource as a client sees it.
func (q request) document(r Resource, wanted projection) map[string]any {
	d := make(map[string]any, len(r.Attributes)+5)
	maps.Copy(d, r.Attributes)
	core, refs, other := UserSchema, "groups", Group
	if r.Kind == Group {
		core, refs, other = GroupSchema, "members", User
	}
	ids := []string{core}
	for _, name := range slices.Sorted(maps.Keys(r.Attributes)) {
		if strings.HasPrefix(name, "urn:") {
			ids = append(ids, name)
		}
	}
	d["schemas"], d["id"] = ids, r.ID
	d["meta"] = map[string]any{
		"resourceType": string(r.Kind), "location": q.location(r), "version": r.Version(),
		"created": moment(r.Created), "lastModified": moment(r.Changed),
	}
	if wanted.wants(refs) && r.Refs != nil {
		d[refs] = q.refs(other, r.Refs())
	}
	return wanted.of(d)
}

func (q request) refs(kind Kind, ids []string) []any {
	list := make([]any, 0, len(ids))
	for _, id := range ids {
		ref := map[string]any{"value": id, "$ref": q.base + kind.endpoint() + "/" + id}
		if kind == User {
			ref["type"] = string(User)
		} else {
			ref["type"] = "direct"
		}
		list = append(list, ref)
	}
	return list
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
