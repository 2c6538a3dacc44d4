// Package roster reads people, seats and training from CSV files, takes people
// from an identity provider, and puts them in force in ClickHouse, with persons
// and aliases as pseudonyms.
//
// It promises that
//   - one wrong row keeps the whole import out, and every wrong row is named
//     with file, line, column and what to do about it, never with the
//     identifier of a person;
//   - an import is in force as a whole or not at all: its rows lie beside those
//     in force until a single row of roster_import switches all of them, so a
//     crash at any point leaves either the old or the new;
//   - importing the same again changes nothing, whatever the order of rows and
//     columns;
//   - what an identity provider sent is stored when it is answered with success,
//     state by state; the roster made of it depends on nothing else, so that it
//     is the same however often it is made;
//   - the people file and the identity provider are kept apart, and joined anew
//     whenever either changes;
//   - two imports at once are safe: of each part (people with aliases, seats,
//     training) the whole of one of them is in force afterwards.
//
// Person-days are not touched here. adoption/rollup compares the import in
// force with the one it last rebuilt with, so that no crash between an import
// and a rebuild can leave a day as it was.
package roster
