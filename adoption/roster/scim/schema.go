package scim

import "strings"

// URNs of the schemas.
const (
	UserSchema       = "urn:ietf:params:scim:schemas:core:2.0:User"
	GroupSchema      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	EnterpriseSchema = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

// schema is what an attribute may hold, as the endpoint Schemas tells it.
type schema struct {
	id, name, description string
	attributes            []attribute
}

type attribute struct {
	name, kind, description string
	multi, required, exact  bool
	// mutability, returned and uniqueness are those of most attributes where they are empty.
	mutability, returned, uniqueness string
	references                       []string
	sub                              []attribute
}

func text(name, description string) attribute {
	return attribute{name: name, kind: "string", description: description}
}

// plural is a multi-valued attribute with the usual parts.
func plural(name, description string, more ...attribute) attribute {
	return attribute{name: name, kind: "complex", description: description, multi: true, sub: append([]attribute{
		text("value", "The value."), text("display", "A name to show."), text("type", "What kind of value it is, such as work."),
		{name: "primary", kind: "boolean", description: "Whether it is the preferred one."},
	}, more...)}
}

var userSchema = schema{UserSchema, "User", "A person", []attribute{
	{name: "userName", kind: "string", description: "The name under which the person is known, unique in any case.", required: true, uniqueness: "server"},
	{name: "name", kind: "complex", description: "The parts of the name.", sub: []attribute{
		text("formatted", "The full name."), text("familyName", "The family name."), text("givenName", "The given name."),
		text("middleName", "The middle name."), text("honorificPrefix", "A title before the name."), text("honorificSuffix", "A title after the name."),
	}},
	text("displayName", "The name to show."), text("nickName", "The casual name."),
	{name: "profileUrl", kind: "reference", description: "A page of the person.", references: []string{"external"}},
	text("title", "The title, from which role and seniority are told."), text("userType", "The kind of employment."),
	text("preferredLanguage", "The preferred language."), text("locale", "The place for formats."), text("timezone", "The time zone, such as Europe/Berlin."),
	{name: "active", kind: "boolean", description: "Whether the person is on the roster."},
	plural("emails", "Mail addresses; each is an alias of the person."), plural("phoneNumbers", "Telephone numbers."), plural("ims", "Addresses of messengers."),
	plural("addresses", "Postal addresses.", text("formatted", "The whole address."), text("streetAddress", "The street."), text("locality", "The town."),
		text("region", "The state or region."), text("postalCode", "The postal code."), text("country", "The country.")),
	{name: "groups", kind: "complex", description: "The groups to which the person belongs.", multi: true, mutability: "readOnly", sub: []attribute{
		{name: "value", kind: "string", description: "The id of the group.", mutability: "readOnly"},
		{name: "$ref", kind: "reference", description: "Where the group is.", mutability: "readOnly", references: []string{"Group"}},
		{name: "display", kind: "string", description: "The name of the group.", mutability: "readOnly"},
		{name: "type", kind: "string", description: "direct.", mutability: "readOnly"},
	}},
	plural("entitlements", "What the person is entitled to."), plural("roles", "Roles of the person."),
}}

var enterpriseSchema = schema{EnterpriseSchema, "EnterpriseUser", "A person in a company", []attribute{
	text("employeeNumber", "The number of the person."), text("costCenter", "The cost centre."), text("organization", "The organisation."),
	text("division", "The division."), text("department", "The department."),
	{name: "manager", kind: "complex", description: "The manager.", sub: []attribute{
		text("value", "The id of the manager."), {name: "$ref", kind: "reference", description: "Where the manager is.", references: []string{"User"}},
		{name: "displayName", kind: "string", description: "The name of the manager.", mutability: "readOnly"},
	}},
}}

var groupSchema = schema{GroupSchema, "Group", "A group", []attribute{
	{name: "displayName", kind: "string", description: "The name of the group.", required: true},
	{name: "members", kind: "complex", description: "The members.", multi: true, sub: []attribute{
		{name: "value", kind: "string", description: "The id of the member.", mutability: "immutable", exact: true},
		{name: "$ref", kind: "reference", description: "Where the member is.", mutability: "immutable", references: []string{"User"}},
		{name: "type", kind: "string", description: "User.", mutability: "immutable"},
		text("display", "A name to show."),
	}},
}}

var schemas = []schema{userSchema, enterpriseSchema, groupSchema}

// common are attributes of every resource.
var common = []attribute{
	{name: "id", kind: "string", exact: true}, {name: "externalId", kind: "string", exact: true},
	{name: "schemas", kind: "string", multi: true},
	{name: "meta", kind: "complex", sub: []attribute{
		{name: "resourceType", kind: "string"}, {name: "created", kind: "dateTime"}, {name: "lastModified", kind: "dateTime"},
		{name: "location", kind: "reference"}, {name: "version", kind: "string", exact: true},
	}},
	{name: "employeeType", kind: "string"},
}

// known has each attribute by its name in lower case; parts of attributes too,
// because a name means the same wherever it stands.
var known = func() map[string]attribute {
	all := map[string]attribute{}
	var add func([]attribute)
	add = func(attributes []attribute) {
		for _, a := range attributes {
			if _, there := all[strings.ToLower(a.name)]; !there {
				all[strings.ToLower(a.name)] = a
			}
			add(a.sub)
		}
	}
	for _, s := range schemas {
		add(s.attributes)
	}
	add(common)
	return all
}()

// canonical is the name as the schema writes it.
func canonical(name string) string {
	if a, is := known[strings.ToLower(name)]; is {
		return a.name
	}
	for _, s := range schemas {
		if strings.EqualFold(name, s.id) {
			return s.id
		}
	}
	return name
}

// readOnly are attributes that only this side writes. A client that sends them
// with a whole resource is not wrong, they are passed over.
var readOnly = map[string]bool{"id": true, "meta": true, "groups": true, "schemas": true}

// unwanted are thrown away: nothing here has a use for them.
var unwanted = map[string]bool{"password": true, "photos": true, "x509certificates": true}
