// Package store writes decoded messages to ClickHouse, in blocks of columns.
//
// It promises that
//   - Write returns nil only when every row of the block is in its table, and
//     tries without end, with the same rows and the same token, until its
//     context ends: an answer that was lost doubles nothing within the tables'
//     deduplication window, and beyond it the tables' own keys remove repeats;
//   - events and readings are there before the hours they touched, so that
//     who sees a touched hour sees its rows;
//   - one insert goes to one partition of one table and is there whole or not
//     at all, and a block touches at most MaxMonths of them;
//   - every insert brings its own settings, whatever the server's profile says.
//
// It keeps nothing between two calls of Write.
package store
