// Package spool is a bounded queue on disk: what the collector has taken and
// Kafka does not have yet.
//
// It promises
//   - that entries are on disk, written and synced, once Append returns nil.
//     Appends that meet share one sync. A lone one is synced at once; where
//     several came together lately, one waits for the others a millisecond;
//   - that Append takes all entries of a call or, when the bound would be
//     passed, none (ErrFull). Nothing that was taken is ever forgotten to make
//     room;
//   - that Append which returns another error has promised nothing: a full disk
//     or a broken one is tried again with the next call, and a part of a call
//     that reached the disk may be read later, so a sender that tries again
//     must send the same ids;
//   - that entries are read in the order in which they were taken, that reading
//     deletes nothing, and that only Settle does. What was settled shortly
//     before a kill may be read once more;
//   - that a damaged frame loses only itself: it is skipped, counted and
//     reported, and a torn end, which nobody was promised, is cut;
//   - that it knows how many entries of each class were ever taken, also after a kill;
//   - that its memory does not grow with what it holds.
//
// After a failed sync the kernel may have marked pages clean that never reached
// the disk, and a second sync would report success for them. So a file whose
// sync failed is never written again. What was under way is written to a new
// file, together with the acknowledged frames that shared their last page with
// it, since a failed write may have damaged that page; only a successful sync
// of the new file is reported as success. Frames that are then on disk twice
// have the same sequence numbers, and the reader passes the second by. What a
// disk loses that reported success cannot be mended here.
//
// The bound counts the bytes that wait. Files go as a whole, so the folder may
// be larger than the bound by one file.
package spool
