// Package publish sends what the spool holds to Kafka.
//
// It promises
//   - that the spool is told of an entry only when Kafka has acknowledged it
//     with acks=all, and only once everything before it is acknowledged too;
//   - that nothing is dropped: a batch is sent again until Kafka takes it or
//     the process stops, and then it is still in the spool. An entry that no
//     broker takes for its size goes to the dead letters instead;
//   - that a repeat within one producer session is stored once: each batch
//     keeps its producer id and sequence until it is answered, and a partition
//     has one batch under way. When the session is lost, or after a restart,
//     what is not settled is sent again under a new producer id and may be
//     stored twice; its event ids make that harmless;
//   - that the messages of one key stay in order within their partition, as
//     long as the number of partitions stays;
//   - that memory is bounded in bytes: while Kafka is slow or away, reading the
//     spool stops.
//
// Batches form by themselves: while one is under way the next one fills, and an
// idle partition sends what it gets at once.
package publish
