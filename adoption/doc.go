// Package adoption joins people, person-days, definitions and the door out
// into published figures, day by day: it knows what is stale and rebuilds it.
//
// It promises that
//   - what is stored is rebuilt and published without being asked, and only
//     the weeks that it touches;
//   - nothing that was stored is forgotten: what is still to be done stands in
//     the tables, so that a crash anywhere is made good by the next round;
//   - of several observers of one database one works and the others stand by;
//   - while ClickHouse is away it waits, says so, and goes on by itself;
//   - figures leave through adoption/publish alone.
//
// A round is: days that are stale are rebuilt, the weeks that they touch are
// marked, what was rebuilt is noted, marked weeks are calculated and published.
package adoption
