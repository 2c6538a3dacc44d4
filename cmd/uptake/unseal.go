package main

import (
	"encoding/json"

	"github.com/uptake-telemetry/uptake/adoption/ledger"
	"github.com/uptake-telemetry/uptake/adoption/roster"
)

// unseal shows a person what the directory sent about them, which the tables
// hold encrypted. Where this machine lacks the key the rows stay as they are.
func (c Config) unseal(e *ledger.Export) {
	key, err := c.identityKey()
	if err != nil {
		return
	}
	sealer, err := roster.NewSealer(key)
	if err != nil {
		return
	}
	for i := range e.Tables {
		if e.Tables[i].Name != "scim_resource" {
			continue
		}
		for j, row := range e.Tables[i].Rows {
			e.Tables[i].Rows[j] = unsealed(sealer, row)
		}
	}
}

// unsealed has the content of a row in the place of its sealed form.
func unsealed(sealer *roster.Sealer, row string) string {
	var fields map[string]json.RawMessage
	var id, sealed string
	if json.Unmarshal([]byte(row), &fields) != nil || json.Unmarshal(fields["id"], &id) != nil || json.Unmarshal(fields["sealed"], &sealed) != nil {
		return row
	}
	content, err := sealer.Open(id, sealed)
	if err != nil || !json.Valid(content) {
		return row
	}
	delete(fields, "sealed")
	fields["content"] = content
	// What was decoded can be encoded.
	b, _ := json.Marshal(fields)
	return string(b)
}
