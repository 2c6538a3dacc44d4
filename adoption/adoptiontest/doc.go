// Package adoptiontest is for tests of adoption: companies made by chance, the
// way their rows get into the tables, and person-days and act-days calculated
// plainly, one row after the other, to hold against those of SQL.
//
// It shares no code with what it checks and follows rules 1, 3, 4 and 5 of docs/definitions.md.
package adoptiontest
