// Package store keeps definitions on disk: one checked, append-only log of changes.
//
// The log is the truth about what the control plane was told: who changed what, when, and what came out. State is what the
// log says when it is read from the start. It is also the audit log and what a backup is made of. The package knows
// nothing of what the changes mean, keeps no state of its own and serves no reader but through Replay.
//
// # Files
//
//	gangway.db       the log: one table of records in SQLite (WAL, synchronous=FULL)
//	gangway.db-wal   what SQLite has committed and not yet moved into gangway.db
//	gangway.db-shm   SQLite's index of the former; rebuilt at will
//	head             where the log ended when a change was last acknowledged
//	lock             locked by the one process that may write; holds its process id
//
// A record is JSON and the SHA-256 of the hash of the record before it and that JSON. Record 0, the genesis, holds a random
// store id and the format of the store, so no two stores share a chain. A change in any record breaks the chain there.
//
// A chain cannot tell that its end is missing, and SQLite drops the frames of a damaged write-ahead log without a word,
// which would lose acknowledged changes in silence. Hence the head: two slots, each with a revision, its hash and a checksum,
// in two sectors. They are written in turn, so that one is whole at any time.
//
// # What an acknowledged change is, and every point where a crash can fall
//
// Append (1) commits the record: frames to the write-ahead log, fsync; (2) writes the older slot of the head, fsync;
// (3) returns. A change is acknowledged at (3). A crash
//
//   - in (1): SQLite discards frames without a whole, checksummed commit. The record is absent, or present if it all got to
//     the disk; it was not acknowledged, so both are right.
//   - between (1) and (2): the log is one record ahead of the head. Legal. The record is kept.
//   - in (2): the slot is torn; the other one names the record before, and the log is one ahead of it. Legal, and the
//     only way a slot can be invalid.
//   - after (2): the log ends where the head says.
//
// Whatever else is found has another cause, and the store is refused as damaged: an end before the head, an end more than
// one record after it, a head with no valid slot, an invalid slot that no torn write explains.
//
// Open verifies everything through a read-only connection, which changes no file, so a refused store is left as it was.
// Only then does it write, and in this order: a full checkpoint, then a new head by rename. The checkpoint is needed because a
// process that died between the write and the fsync of (1) leaves a record that the page cache shows and the disk may
// not hold. Were the head moved to it, a power cut would make a sound store look damaged. The checkpoint
// copies every frame into gangway.db and fsyncs it: pages newly dirtied, so that an fsync which failed before cannot hide
// behind a clean cache. The head is replaced by rename so that a crash of Open never looks like a torn slot.
//
// After a failed commit or fsync nobody knows what is on the disk, and a second fsync may claim success for lost pages. So the
// log refuses with ErrBroken until it is opened, and so verified, again. Two failures are known to change nothing and
// leave the log usable once it is seen to end where it did: no space (ErrFull) and a foreign lock (ErrLocked). A checkpoint that
// fails between appends is not one of these: SQLite keeps the frames and copies them again.
//
// Append refuses with ErrFull while there is space left for what is already written: each record goes to gangway.db too, at
// the next checkpoint, and a full disk must not keep a store from being opened.
//
// # How a store comes to be
//
// A new or restored store is built as gangway.db.new and head.new, fsynced, then published by two renames, database first,
// each followed by an fsync of the folder. A crash before the first leaves no store, and the remains are removed. A crash between
// them leaves a database whose head is still called head.new; Open accepts that if it names exactly the end of the log, and
// finishes. A database without either head, or a head without a database, is damage and never a reason to start afresh.
//
// # Access
//
// Folders are made 0700 and files 0600. Files that others may read, or a folder others may write, are refused. Only one
// process writes. Backup may read while it does: SQLite's own locks order the two.
package store
