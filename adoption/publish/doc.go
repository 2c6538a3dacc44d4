// Package publish is the one door out: exact figures go in, and only what may
// be seen of them comes out, into the published tables, the gauges and the API.
//
// It promises that
//   - a cell with fewer people than the minimum group is suppressed, and with
//     it as many further cells as keep it from being found by subtraction;
//   - one pattern of hidden cells holds for all metrics of a period and tool;
//   - what comes out was attacked first: no sum of published numbers fixes a
//     hidden count, and bounds from all published cells of the period fix no
//     hidden cell's number of active people;
//   - the same draft gives the same rows, whatever the order of its people;
//   - a period is replaced as a whole, and readers see the newest version only.
//
// The draft stays in memory; nothing of it that is hidden is logged or stored.
package publish
