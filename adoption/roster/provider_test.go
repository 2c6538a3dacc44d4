package roster_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/uptake-telemetry/uptake/adoption/roster"
	"github.com/uptake-telemetry/uptake/adoption/roster/scim"
	"github.com/uptake-telemetry/uptake/schema"
)

// provider is an identity provider that sends to a directory on the tables, on
// a day that the test sets.
type provider struct {
	t         testing.TB
	conn      driver.Conn
	directory *roster.Directory
	server    *httptest.Server
	now       atomic.Int64
	metrics   *prometheus.Registry
}

const secret = "a-token-of-scim"

var identityKey = bytes.Repeat([]byte("k"), schema.MinKeySize)

func startProvider(t testing.TB, conn driver.Conn, mapping roster.Mapping) *provider {
	t.Helper()
	p := &provider{t: t, conn: conn, metrics: prometheus.NewRegistry()}
	p.on("2026-03-02")
	mapper, err := roster.NewMapper(mapping)
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := roster.NewSealer(identityKey)
	if err != nil {
		t.Fatal(err)
	}
	pseudonyms, err := schema.NewPseudonymizer(identityKey)
	if err != nil {
		t.Fatal(err)
	}
	config := roster.DefaultConfig()
	config.Quiet, config.AtMost = time.Hour, time.Hour
	p.directory = roster.NewDirectory(config, roster.DirectoryDeps{
		Conn: conn, Sealer: sealer, Pseudonyms: pseudonyms, Mapper: mapper, Registerer: p.metrics,
		Now: func() time.Time { return time.Unix(p.now.Load(), 0) },
	})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = p.directory.Run(ctx) }()
	p.server = httptest.NewServer(scim.Handler(scim.Deps{Store: p.directory, Verify: func(token string) int {
		switch token {
		case secret:
			return http.StatusOK
		case "a-token-of-a-reader":
			return http.StatusForbidden
		}
		return http.StatusUnauthorized
	}}))
	t.Cleanup(func() { p.server.Close(); stop(); <-done })
	for p.directory.Ready() != nil && t.Context().Err() == nil {
	}
	return p
}

// on sets the day, in the middle of it.
func (p *provider) on(day string) {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		p.t.Fatal(err)
	}
	p.now.Store(at.Add(12 * time.Hour).Unix())
}

// send sends a request and checks the status.
func (p *provider) send(status int, method, path, body string) map[string]any {
	p.t.Helper()
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	r, err := http.NewRequest(method, p.server.URL+"/scim/v2"+path, content)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+secret)
	r.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	response, err := p.server.Client().Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if response.StatusCode != status {
		p.t.Fatalf("%s %s: %d %s, want %d", method, path, response.StatusCode, b, status)
	}
	if len(b) == 0 {
		return nil
	}
	if media := response.Header.Get("Content-Type"); media != scim.MediaType {
		p.t.Errorf("%s %s: media type %s", method, path, media)
	}
	var object map[string]any
	if err := json.Unmarshal(b, &object); err != nil {
		p.t.Fatalf("%s %s: %v in %s", method, path, err, b)
	}
	return object
}

// made sends a resource and returns its id.
func (p *provider) made(path, body string) string {
	p.t.Helper()
	return p.send(http.StatusCreated, "POST", path, body)["id"].(string)
}

func (p *provider) patch(status int, path, operations string) map[string]any {
	p.t.Helper()
	return p.send(status, "PATCH", path, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`+operations+`]}`)
}

// filtered asks with a filter and returns how many match.
func (p *provider) filtered(endpoint, filter string) int {
	p.t.Helper()
	found := p.send(http.StatusOK, "GET", endpoint+"?filter="+url.QueryEscape(filter), "")
	return int(found["totalResults"].(float64))
}

// rows is the roster in force of a person, by day.
func (p *provider) rows(identifier string) string {
	p.t.Helper()
	if err := p.directory.Compile(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	var all string
	err := p.conn.QueryRow(p.t.Context(), `SELECT arrayStringConcat(groupArray(concat(toString(valid_from), '..', if(valid_to = '2299-12-31', '', toString(valid_to)), ' ', team, ' ', role, ' ', toString(seniority))), '; ')
		FROM (SELECT * FROM roster WHERE person = ? ORDER BY valid_from)`, id(p.t, identifier)).Scan(&all)
	if err != nil {
		p.t.Fatal(err)
	}
	return all
}

func (p *provider) wantRows(identifier, want string) {
	p.t.Helper()
	if got := p.rows(identifier); got != want {
		p.t.Errorf("%s has\n%s, want\n%s", identifier, got, want)
	}
}

// counted is the sum of a counter.
func (p *provider) counted(name string) (sum float64) {
	p.t.Helper()
	families, err := p.metrics.Gather()
	if err != nil {
		p.t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if family.GetName() == name {
				sum += m.GetCounter().GetValue()
			}
		}
	}
	return sum
}

// oktaUser is a user as Okta sends one.
func oktaUser(name, title string, active bool) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"%[1]s","name":{"givenName":"Test","familyName":"User"},
		"emails":[{"primary":true,"value":"%[1]s","type":"work"}],"displayName":"Test User","locale":"en-US","externalId":"00u%[1]s",
		"title":"%[2]s","groups":[],"password":"1mz050nq","active":%[3]v}`, name, title, active)
}

// How Okta creates, renames, moves, deactivates and brings back, by its SCIM 2.0 reference.
func TestOkta(t *testing.T) {
	p := startProvider(t, tables(t), roster.DefaultMapping())
	empty := p.send(http.StatusOK, "GET", `/Users?filter=userName%20eq%20%22test.user%40okta.local%22&startIndex=1&count=100`, "")
	if empty["totalResults"].(float64) != 0 || len(empty["Resources"].([]any)) != 0 {
		t.Fatalf("nobody is there yet: %v", empty)
	}
	user := p.made("/Users", oktaUser("test.user@okta.local", "Copywriter", true))
	p.send(http.StatusConflict, "POST", "/Users", oktaUser("Test.User@okta.local", "Copywriter", true))
	other := p.made("/Users", oktaUser("other@okta.local", "VP of Engineering", true))
	got := p.send(http.StatusOK, "GET", "/Users/"+user, "")
	if _, kept := got["password"]; kept || got["id"] != user || got["externalId"] != "00utest.user@okta.local" {
		t.Errorf("read back: %v", got)
	}
	brand := p.made("/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Brand","members":[]}`)
	core := p.made("/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Core","members":[]}`)
	p.patch(http.StatusNoContent, "/Groups/"+brand, `{"op":"replace","value":{"id":"`+brand+`","displayName":"Brand"}}`)
	p.patch(http.StatusNoContent, "/Groups/"+brand, `{"op":"add","path":"members","value":[{"value":"`+user+`","display":"test.user@okta.local"},{"value":"`+other+`"}]}`)

	p.on("2026-03-10")
	// Okta replaces the whole user with what it read, changed.
	got["title"] = "Senior Copywriter, Team Lead"
	whole, _ := json.Marshal(got)
	p.send(http.StatusOK, "PUT", "/Users/"+user, string(whole))
	p.on("2026-03-20")
	p.patch(http.StatusNoContent, "/Groups/"+brand, `{"op":"remove","path":"members[value eq \"`+user+`\"]"}`)
	p.patch(http.StatusNoContent, "/Groups/"+core, `{"op":"remove","path":"members[value eq \"89bb1940-b905-4575-9e7f-6f887cfb368e\"]"},{"op":"add","path":"members","value":[{"value":"`+user+`"}]}`)
	p.on("2026-04-01")
	p.patch(http.StatusOK, "/Users/"+user, `{"op":"replace","value":{"active":false}}`)
	p.on("2026-05-01")
	p.patch(http.StatusOK, "/Users/"+user, `{"op":"replace","value":{"active":true}}`)
	p.on("2026-05-10")
	p.patch(http.StatusNoContent, "/Groups/"+brand, `{"op":"replace","path":"members","value":[{"value":"`+user+`"},{"value":"`+other+`"}]}`)
	p.send(http.StatusNoContent, "DELETE", "/Groups/"+core, "")
	p.wantRows("test.user@okta.local", "2026-03-02..2026-03-09 Brand copywriter professional; 2026-03-10..2026-03-19 Brand copywriter manager; "+
		"2026-03-20..2026-03-31 Core copywriter manager; 2026-05-01..2026-05-09 Core copywriter manager; 2026-05-10.. Brand copywriter manager")
	p.wantRows("other@okta.local", "2026-03-02.. Brand engineer executive")
	if page := p.send(http.StatusOK, "GET", "/Users?startIndex=2&count=1", ""); page["totalResults"].(float64) != 2 || page["itemsPerPage"].(float64) != 1 {
		t.Errorf("a page: %v", page)
	}
}

// How Entra ID does, by "develop a SCIM endpoint" and the known issues of its compliance.
func TestEntra(t *testing.T) {
	p := startProvider(t, tables(t), roster.DefaultMapping())
	if n := p.filtered("/Users", `userName eq "non-existent user"`); n != 0 {
		t.Errorf("%d found", n)
	}
	user := p.made("/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
		"externalId":"0a21f0f2","userName":"ada@contoso.example","active":true,"emails":[{"primary":true,"type":"work","value":"ada@mail.example"}],
		"meta":{"resourceType":"User"},"name":{"formatted":"givenName familyName","familyName":"familyName","givenName":"givenName"},"roles":[],
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Marketing"}}`)
	for filter, want := range map[string]int{
		`externalId eq "0a21f0f2"`: 1, `externalId eq "0A21F0F2"`: 0, `emails[type eq "work"].value eq "Ada@mail.example"`: 1,
		`userName eq "ADA@contoso.example" and active eq true`: 1, `id eq "` + user + `"`: 1, `userName eq "ada@contoso.example" and active eq false`: 0,
		`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department sw "mark"`: 1, `not (emails pr) or title pr`: 0, `meta.created gt "2020-01-01T00:00:00Z"`: 1,
	} {
		if n := p.filtered("/Users", filter); n != want {
			t.Errorf("%s: %d found, want %d", filter, n, want)
		}
	}
	group := p.made("/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
		"externalId":"8aa1a0c0","displayName":"Team Brand","meta":{"resourceType":"Group"}}`)
	if n := p.filtered("/Groups", `displayName eq "Team Brand"`); n != 1 {
		t.Errorf("%d groups found", n)
	}
	p.patch(http.StatusNoContent, "/Groups/"+group, `{"op":"Add","path":"members","value":[{"$ref":null,"value":"`+user+`"}]}`)
	if shown := p.send(http.StatusOK, "GET", "/Groups/"+group+"?excludedAttributes=members", ""); shown["members"] != nil {
		t.Errorf("members are left out: %v", shown)
	}
	if n := p.filtered("/Groups", `id eq "`+group+`" and members eq "`+user+`"`); n != 1 {
		t.Errorf("the membership is not found")
	}

	p.on("2026-03-10")
	got := p.patch(http.StatusOK, "/Users/"+user, `{"op":"Replace","path":"emails[type eq \"work\"].value","value":"ada@new.example"},{"op":"Replace","path":"name.familyName","value":"updated"},
		{"op":"Add","path":"title","value":"Head of Brand Marketing"},{"op":"Add","path":"phoneNumbers[type eq \"mobile\"].value","value":"+49 1"},
		{"op":"Replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"Brand"}`)
	if email := got["emails"].([]any)[0].(map[string]any); email["value"] != "ada@new.example" || email["primary"] != true || got["name"].(map[string]any)["givenName"] != "givenName" {
		t.Errorf("patched: %v", got)
	}
	p.on("2026-03-15")
	p.patch(http.StatusOK, "/Users/"+user, `{"op":"replace","value":{"displayName":"Bjfe","name.givenName":"Kkom","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber":"Aklq"}}`)
	p.patch(http.StatusNoContent, "/Groups/"+group, `{"op":"Replace","path":"displayName","value":"Team Stories"}`)
	p.on("2026-03-20")
	p.patch(http.StatusOK, "/Users/"+user, `{"op":"Replace","path":"active","value":"False"}`)
	if n := p.filtered("/Users", `userName eq "ada@contoso.example"`); n != 1 {
		t.Errorf("who is not active is found still")
	}
	p.on("2026-04-01")
	p.patch(http.StatusOK, "/Users/"+user, `{"op":"Replace","path":"active","value":"True"}`)
	p.on("2026-04-10")
	p.patch(http.StatusNoContent, "/Groups/"+group, `{"op":"Remove","path":"members","value":[{"$ref":null,"value":"`+user+`"}]}`)
	p.on("2026-05-01")
	p.send(http.StatusNoContent, "DELETE", "/Users/"+user, "")
	p.send(http.StatusNotFound, "GET", "/Users/"+user, "")
	p.send(http.StatusNoContent, "DELETE", "/Groups/"+group, "")
	p.wantRows("ada@contoso.example", "2026-03-02..2026-03-09 Brand other professional; 2026-03-10..2026-03-14 Brand marketing manager; "+
		"2026-03-15..2026-03-19 Stories marketing manager; 2026-04-01..2026-04-09 Stories marketing manager; 2026-04-10..2026-04-30 Brand marketing manager")
	for _, alias := range []string{"ada@mail.example", "ada@new.example"} {
		if n := count(t, p.conn, "(SELECT count() FROM alias WHERE alias = '"+id(t, alias)+"' AND person = '"+id(t, "ada@contoso.example")+"')"); n != 1 {
			t.Errorf("%s is no alias", alias)
		}
	}
}
