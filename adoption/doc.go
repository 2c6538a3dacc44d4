// Package adoption joins people, person-days, definitions and the door out
// into published figures, period by period: it knows what is stale and rebuilds
// it, explains a published figure, and compares what is stored with a
// recalculation.
//
// It promises that
//   - what is stored is rebuilt and published without being asked, and only
//     the days and weeks that look at what changed;
//   - nothing that was stored is forgotten: what is still to be done stands in
//     the tables, so that a crash anywhere is made good by the next round;
//   - of several observers of one database one works and the others stand by;
//   - while ClickHouse is away it waits, says so, and goes on by itself;
//   - figures leave through adoption/publish alone.
//
// A round is: days that are stale are rebuilt, the periods that look at them,
// or at what two imports of the roster differ in, are marked, what was rebuilt
// is noted, marked periods are calculated and published. The unit of work is a
// day, or a week with the 28 days that end with it: the 28 days come first, as
// what a week may tell of them hangs on what they hide.
//
// What is final is changed with care:
//   - a change of the roster that moves fewer people than the minimum group
//     between groups of a final period is held back until the next weekly run,
//     on Thursday noon UTC, with the places as they were;
//   - a final period waits a while for days that still change, so that what
//     arrives in pieces is one correction;
//   - weeks before pseudonyms began anew, and published weeks whose person-days
//     have expired, are frozen: they are never calculated again.
package adoption
