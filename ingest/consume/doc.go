// Package consume reads the topics as one member of a Kafka consumer group and
// commits what it is told is stored.
//
// It promises that
//   - a partition's messages come in the order of their offsets, without gaps
//     but those that retention has torn, which are counted and logged;
//   - an offset is committed only when the handler says so, only forward, and
//     only in the generation in which it was fetched;
//   - when the generation ends the handler's context ends, and what it has not
//     committed comes again, here or at another member: at least once;
//   - a block that a predecessor announced with Plan and did not commit comes
//     with its old end, so that it can be stored under its old token;
//   - Kafka away, restarted, a moved leader or new partitions end nothing: it
//     goes on by itself and says in Ready what it waits for.
//
// It keeps at most one fetched batch a partition, MaxFetchBytes before
// decompression.
package consume
