// Package schema is the contract between the two halves of Uptake: the event,
// its validation and wire form, the topics it travels on, how identifiers
// become pseudonyms and how an event gets its id.
//
// It promises that
//   - an event has no field that could hold content: no prompt, answer, path,
//     command or free text, and no open-ended map;
//   - the same fact gets the same event id, whichever collector takes it,
//     whenever and however often it is sent;
//   - an identifier of a person, device or session leaves the collector only
//     as a pseudonym.
//
// Nothing in it starts, stops or stores anything, and it imports nothing of
// ours. The tables of ClickHouse are in schema/table, the catalogue of AI tools
// in schema/tools.
package schema

//go:generate protoc -I . --go_out=.. --go_opt=module=github.com/uptake-telemetry/uptake --go-vtproto_out=.. --go-vtproto_opt=module=github.com/uptake-telemetry/uptake,features=marshal+unmarshal+size event.proto
