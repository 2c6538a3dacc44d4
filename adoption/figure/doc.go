// Package figure holds the definitions: what each metric means, in words, as a
// formula and as SQL, one file per metric, and calculates the exact figures of
// a period from person-days and the roster.
//
// A period is a day, an ISO week, or the 28 days that end with a week. Its
// people are placed first: population has everybody on the roster, with one
// place for all figures of the period and the rows by tool that they are
// eligible for. Then the standing is made, one row per person and row by tool
// with all that any metric asks: active, tier, flow, seats, prompts. A metric
// is one or more statistics, each an aggregate over groups of the standing; what
// a standing cannot tell, such as gaps, teams or trainings, a statistic reads by
// itself. Days ask for so little that they are counted without a standing.
//
// It promises that
//   - a figure depends on the tables, the catalogue's categories and the last
//     final week alone: calculating it twice, or from days that were rebuilt,
//     gives the same to the last digit, intervals by chance included;
//   - people without any event are in the denominator;
//   - in each cut everybody has one place, so that a cut sums to the total;
//   - a statistic is told only of periods whose whole look-back lies in the
//     history, and of cohorts once the last week in which they are followed is
//     final; with Basis and Touched a caller learns when a period must be
//     calculated again;
//   - a tool that went silent is told from one that nobody used;
//   - SQL gives one published figure again as a statement that anybody can run.
//
// What it gives is exact and must not be shown: adoption/publish decides what
// may be seen.
package figure
