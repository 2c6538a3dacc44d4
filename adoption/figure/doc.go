// Package figure holds the definitions: what each metric means, in words, as a
// formula and as SQL, one file per metric, and calculates the exact figures of
// a period from person-days and the roster.
//
// It promises that
//   - a figure depends on the tables alone: calculating it twice, or from days
//     that were rebuilt, gives the same to the last digit;
//   - people without any event are in the denominator;
//   - in each cut everybody has one place, so that a cut sums to the total;
//   - a tool that went silent is told from one that nobody used.
//
// What it gives is exact and must not be shown: adoption/publish decides what
// may be seen.
package figure
