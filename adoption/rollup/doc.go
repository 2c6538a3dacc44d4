// Package rollup turns events and readings into person-days and says which
// days must be turned again.
//
// It promises that
//   - a person-day is what the deduplicated events and readings of that day say
//     when it is rebuilt; nothing is ever added to one that is there, so
//     rebuilding twice, in any order, gives the same to the last digit;
//   - what several signals of a tool tell is counted once, from the one that the
//     tool's file says to believe of those that were heard; nothing else is dropped;
//   - a day changes at once: readers see all of the old or all of the new;
//   - a crash at any point leaves days as they were or as they are to be, and
//     what is still to be done is found again by Stale;
//   - a closed day is never rebuilt.
//
// One caller rebuilds at a time; two at once do not damage a day, but the one
// that read earlier may win.
//
// A rebuild places the facts of events and readings (fact.go, place.go), judges
// which are believed (believe.go), and adds them up (fill.go). An order of
// signals that changes counts from a day's next rebuild on.
//
// The order is: Stale, Rebuild with its days, Settle with the same work. What
// arrives in between is more than Settle notes as seen, and is found by the
// next Stale.
package rollup
