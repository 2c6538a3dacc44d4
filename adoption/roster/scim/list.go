package scim

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Bounds of a page.
const (
	usualCount = 100
	maxCount   = 1000
)

const listSchema = "urn:ietf:params:scim:api:messages:2.0:ListResponse"

// search is a list whose query stands in the body.
func (h *handler) search(q request) (answer, error) {
	object, err := q.object()
	if err != nil {
		return answer{}, err
	}
	query := url.Values{}
	for name, value := range object {
		switch v := value.(type) {
		case string:
			query.Set(canonicalParameter(name), v)
		case float64:
			query.Set(canonicalParameter(name), strconv.FormatFloat(v, 'f', -1, 64))
		case []any:
			var names []string
			for _, one := range v {
				name, _ := one.(string)
				names = append(names, name)
			}
			query.Set(canonicalParameter(name), strings.Join(names, ","))
		}
	}
	return h.list(q, query)
}

func canonicalParameter(name string) string {
	for _, known := range []string{"attributes", "excludedAttributes", "filter", "startIndex", "count"} {
		if strings.EqualFold(name, known) {
			return known
		}
	}
	return name
}

// list answers a query with one page of what it finds.
func (h *handler) list(q request, query url.Values) (answer, error) {
	wanted, err := parseProjection(query.Get("attributes"), query.Get("excludedAttributes"))
	if err != nil {
		return answer{}, err
	}
	first, err := number(query, "startIndex", 1)
	if err != nil {
		return answer{}, err
	}
	count, err := number(query, "count", usualCount)
	if err != nil {
		return answer{}, err
	}
	first, count = max(first, 1), min(max(count, 0), maxCount)
	page, total, err := h.find(q, query.Get("filter"), first, count)
	if err != nil {
		return answer{}, err
	}
	documents := make([]any, 0, len(page))
	for _, r := range page {
		documents = append(documents, q.document(r, wanted))
	}
	return answer{status: http.StatusOK, body: map[string]any{
		"schemas": []string{listSchema}, "totalResults": total, "startIndex": first, "itemsPerPage": len(documents), "Resources": documents,
	}}, nil
}

func number(query url.Values, name string, usual int) (int, error) {
	text := query.Get(name)
	if text == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, refuse(invalidValue, "%s: a whole number is wanted", name)
	}
	return n, nil
}

// find gives the page of those that match, and how many match.
func (h *handler) find(q request, filter string, first, count int) ([]Resource, int, error) {
	if strings.TrimSpace(filter) == "" {
		return h.Store.Page(q.Context(), q.kind, first, count)
	}
	matching, err := parseFilter(filter)
	if err != nil {
		return nil, 0, err
	}
	var page []Resource
	total := 0
	visit := func(r Resource) {
		if !matching.matches(q.document(r, projection{})) {
			return
		}
		total++
		if total >= first && len(page) < count {
			page = append(page, r)
		}
	}
	if key, value, found := indexed(matching); found {
		candidates, is, err := h.Store.Find(q.Context(), q.kind, key, value)
		if err != nil {
			return nil, 0, err
		}
		if is {
			for _, r := range candidates {
				visit(r)
			}
			return page, total, nil
		}
	}
	err = h.Store.Each(q.Context(), q.kind, visit)
	return page, total, err
}
