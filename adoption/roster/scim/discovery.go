package scim

import (
	"cmp"
	"net/http"
	"strings"
)

// discover answers what a client asks about this side.
func discover(q request, endpoint string) (answer, error) {
	switch endpoint {
	case "serviceproviderconfig", "resourcetypes", "schemas":
	case "bulk", "me":
		return answer{}, &Error{Status: http.StatusNotImplemented, Detail: "this is not served here; see ServiceProviderConfig"}
	default:
		return answer{}, &Error{Status: http.StatusNotFound, Detail: "there is nothing at this path"}
	}
	switch {
	case q.Method != http.MethodGet:
		return answer{}, notAllowed
	case q.URL.Query().Has("filter"):
		return answer{}, &Error{Status: http.StatusForbidden, Detail: "filter: it is not served here"}
	case endpoint == "serviceproviderconfig":
		return answer{status: http.StatusOK, body: providerConfig(q.base)}, nil
	case endpoint == "resourcetypes":
		return discovered(q, "id", resourceTypes(q.base))
	}
	return discovered(q, "id", schemaDocuments(q.base))
}

// discovered is one document by its id, or all of them.
func discovered(q request, key string, documents []any) (answer, error) {
	if q.id == "" {
		return answer{status: http.StatusOK, body: map[string]any{
			"schemas": []string{listSchema}, "totalResults": len(documents), "startIndex": 1, "itemsPerPage": len(documents), "Resources": documents,
		}}, nil
	}
	for _, d := range documents {
		if id, _ := d.(map[string]any)[key].(string); strings.EqualFold(id, q.id) {
			return answer{status: http.StatusOK, body: d}, nil
		}
	}
	return answer{}, &Error{Status: http.StatusNotFound, Detail: "there is nothing at this path"}
}

func providerConfig(base string) map[string]any {
	supported := func(is bool, more map[string]any) map[string]any {
		if more == nil {
			more = map[string]any{}
		}
		more["supported"] = is
		return more
	}
	return map[string]any{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		"patch":   supported(true, nil), "etag": supported(true, nil), "sort": supported(false, nil), "changePassword": supported(false, nil),
		"bulk":   supported(false, map[string]any{"maxOperations": 0, "maxPayloadSize": 0}),
		"filter": supported(true, map[string]any{"maxResults": maxCount}),
		"authenticationSchemes": []any{map[string]any{
			"type": "oauthbearertoken", "name": "Bearer token", "description": "A token with the scope scim, made by uptake token create", "primary": true,
		}},
		"meta": map[string]any{"resourceType": "ServiceProviderConfig", "location": base + "/ServiceProviderConfig"},
	}
}

func resourceTypes(base string) []any {
	var types []any
	for _, t := range []struct {
		kind   Kind
		schema schema
	}{{User, userSchema}, {Group, groupSchema}} {
		document := map[string]any{
			"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"},
			"id":      string(t.kind), "name": string(t.kind), "endpoint": t.kind.endpoint(), "description": t.schema.description, "schema": t.schema.id,
			"meta": map[string]any{"resourceType": "ResourceType", "location": base + "/ResourceTypes/" + string(t.kind)},
		}
		if t.kind == User {
			document["schemaExtensions"] = []any{map[string]any{"schema": EnterpriseSchema, "required": false}}
		}
		types = append(types, document)
	}
	return types
}

func schemaDocuments(base string) []any {
	var documents []any
	for _, s := range schemas {
		documents = append(documents, map[string]any{
			"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Schema"}, "id": s.id, "name": s.name, "description": s.description,
			"attributes": describe(s.attributes),
			"meta":       map[string]any{"resourceType": "Schema", "location": base + "/Schemas/" + s.id},
		})
	}
	return documents
}

func describe(attributes []attribute) []any {
	var described []any
	for _, a := range attributes {
		d := map[string]any{
			"name": a.name, "type": a.kind, "description": a.description, "multiValued": a.multi, "required": a.required, "caseExact": a.exact,
			"mutability": cmp.Or(a.mutability, "readWrite"), "returned": cmp.Or(a.returned, "default"), "uniqueness": cmp.Or(a.uniqueness, "none"),
		}
		if len(a.references) > 0 {
			d["referenceTypes"] = a.references
		}
		if len(a.sub) > 0 {
			d["subAttributes"] = describe(a.sub)
		}
		described = append(described, d)
	}
	return described
}
