package roster_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/uptake-telemetry/uptake/adoption/roster"
)

// raw sends a request with headers of the test's own.
func (p *provider) raw(method, path, body string, headers map[string]string) (status int, header http.Header) {
	p.t.Helper()
	r, err := http.NewRequest(method, p.server.URL+"/scim/v2"+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+secret)
	r.Header.Set("Content-Type", "application/json")
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	response, err := p.server.Client().Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode, response.Header
}

func TestWhoIsLetIn(t *testing.T) {
	p := startProvider(t, tables(t), roster.DefaultMapping())
	for token, want := range map[string]int{"Bearer nobody": 401, "": 401, "Bearer a-token-of-a-reader": 403, "bearer " + secret: 200, "Basic " + secret: 401} {
		if status, header := p.raw("GET", "/Users", "", map[string]string{"Authorization": token}); status != want || status == 401 && header.Get("WWW-Authenticate") == "" {
			t.Errorf("%q: %d, want %d", token, status, want)
		}
	}
	refused := p.send(http.StatusNotFound, "GET", "/Users/none", "")
	if refused["status"] != "404" || refused["schemas"].([]any)[0] != "urn:ietf:params:scim:api:messages:2.0:Error" {
		t.Errorf("an error: %v", refused)
	}
}

func TestNonsenseIsAnsweredBySCIMErrors(t *testing.T) {
	p := startProvider(t, tables(t), roster.DefaultMapping())
	user := p.made("/Users", oktaUser("ada@example.com", "Copywriter", true))
	for _, c := range []struct {
		method, path, body string
		status             int
		keyword            any
	}{
		{"POST", "/Users", `{"userName":`, 400, "invalidSyntax"},
		{"POST", "/Users", `[]`, 400, "invalidSyntax"},
		{"POST", "/Users", `{"displayName":"nobody"}`, 400, "invalidValue"},
		{"POST", "/Users", `{"userName":"  "}`, 400, "invalidValue"},
		{"POST", "/Users", `{"userName":["a"]}`, 400, "invalidValue"},
		{"POST", "/Users", `{"userName":"b","active":"perhaps"}`, 400, "invalidValue"},
		{"POST", "/Users", `{"userName":"b","name":"B"}`, 400, "invalidValue"},
		{"POST", "/Users", `{"userName":"` + strings.Repeat("b", 400) + `"}`, 400, "invalidValue"},
		{"POST", "/Users", `{"userName":"ADA@example.com"}`, 409, "uniqueness"},
		{"POST", "/Groups", `{"members":[]}`, 400, "invalidValue"},
		{"POST", "/Groups", `{"displayName":"g","members":[{"display":"x"}]}`, 400, "invalidValue"},
		{"GET", "/Users?filter=userName", "", 400, "invalidFilter"},
		{"GET", "/Users?startIndex=one", "", 400, "invalidValue"},
		{"GET", "/Users?attributes=a.b.c", "", 400, "invalidValue"},
		{"PATCH", "/Users/" + user, `{"Operations":[]}`, 400, "invalidSyntax"},
		{"PATCH", "/Users/" + user, `{"Operations":[{"op":"replace","path":"emails[type eq \"none\"].value","value":"x"}]}`, 400, "noTarget"},
		{"PATCH", "/Users/" + user, `{"Operations":[{"op":"replace","path":"id","value":"x"}]}`, 400, "mutability"},
		{"PATCH", "/Users/" + user, `{"Operations":[{"op":"replace","path":"[","value":"x"}]}`, 400, "invalidPath"},
		{"PATCH", "/Users/none", `{"Operations":[{"op":"replace","path":"title","value":"x"}]}`, 404, nil},
		{"PUT", "/Users/none", `{"userName":"x"}`, 404, nil},
		{"DELETE", "/Users/none", "", 404, nil},
		{"DELETE", "/Users", "", 405, nil},
		{"GET", "/Nothing", "", 404, nil},
		{"POST", "/Bulk", "{}", 501, nil},
		{"GET", "/Schemas?filter=id+pr", "", 403, nil},
		{"GET", "/Users/" + user + "/x", "", 404, nil},
	} {
		if got := p.send(c.status, c.method, c.path, c.body); got["scimType"] != c.keyword {
			t.Errorf("%s %s %s: %v, want %v", c.method, c.path, c.body, got, c.keyword)
		}
	}
	if status, _ := p.raw("POST", "/Users", "userName=a", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}); status != http.StatusUnsupportedMediaType {
		t.Errorf("a form: %d", status)
	}
	if status, _ := p.raw("POST", "/Users", `{"userName":"`+strings.Repeat("a", 17<<20)+`"}`, nil); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a large body: %d", status)
	}
	if n := p.filtered("/Users", "userName pr"); n != 1 {
		t.Errorf("%d users are there after nonsense", n)
	}
}

func TestEntityTags(t *testing.T) {
	p := startProvider(t, tables(t), roster.DefaultMapping())
	user := p.made("/Users", oktaUser("ada@example.com", "Copywriter", true))
	_, header := p.raw("GET", "/Users/"+user, "", nil)
	tag := header.Get("ETag")
	if status, _ := p.raw("GET", "/Users/"+user, "", map[string]string{"If-None-Match": tag}); tag == "" || status != http.StatusNotModified {
		t.Errorf("unchanged: %q, %d", tag, status)
	}
	body := `{"Operations":[{"op":"replace","path":"title","value":"Editor"}]}`
	for _, want := range []int{http.StatusOK, http.StatusPreconditionFailed} {
		if status, _ := p.raw("PATCH", "/Users/"+user, body, map[string]string{"If-Match": tag}); status != want {
			t.Errorf("with the tag: %d, want %d", status, want)
		}
	}
	if status, _ := p.raw("DELETE", "/Users/"+user, "", map[string]string{"If-Match": `W/"old"`}); status != http.StatusPreconditionFailed {
		t.Errorf("deleted with an old tag: %d", status)
	}
}

func TestWhatIsServedIsSaid(t *testing.T) {
	p := startProvider(t, tables(t), roster.DefaultMapping())
	config := p.send(http.StatusOK, "GET", "/ServiceProviderConfig", "")
	if config["patch"].(map[string]any)["supported"] != true || config["bulk"].(map[string]any)["supported"] != false {
		t.Errorf("config: %v", config)
	}
	for path, want := range map[string]float64{"/ResourceTypes": 2, "/Schemas": 3} {
		if all := p.send(http.StatusOK, "GET", path, ""); all["totalResults"] != want {
			t.Errorf("%s: %v", path, all["totalResults"])
		}
	}
	one := p.send(http.StatusOK, "GET", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", "")
	if one["name"] != "User" {
		t.Errorf("a schema: %v", one)
	}
}

func TestAttributesAreShownAsAsked(t *testing.T) {
	p := startProvider(t, tables(t), roster.DefaultMapping())
	user := p.made("/Users", oktaUser("ada@example.com", "Copywriter", true))
	only := p.send(http.StatusOK, "GET", "/Users/"+user+"?attributes=userName,name.givenName,emails.value", "")
	if len(only) != 5 || only["name"].(map[string]any)["familyName"] != nil || len(only["emails"].([]any)[0].(map[string]any)) != 1 {
		t.Errorf("only some: %v", only)
	}
	without := p.send(http.StatusOK, "GET", "/Users?excludedAttributes=emails,name.familyName,meta", "")["Resources"].([]any)[0].(map[string]any)
	if without["emails"] != nil || without["meta"] != nil || without["name"].(map[string]any)["givenName"] != "Test" || without["id"] != user {
		t.Errorf("without some: %v", without)
	}
	found := p.send(http.StatusOK, "POST", "/Users/.search", `{"filter":"userName sw \"ada\"","attributes":["userName"],"count":5}`)
	if found["totalResults"].(float64) != 1 {
		t.Errorf("searched: %v", found)
	}
}
