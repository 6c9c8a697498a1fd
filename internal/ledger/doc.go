// Package ledger keeps on disk which connections are owed a $disconnect, so that a node which was killed tells it when it is
// back.
//
// An [Entry] is a connection as events have it. [Ledger.Owe] writes it down before $connect is called, and returns once it is
// durable; [Ledger.Settle] strikes it out when $disconnect was told, or $connect refused. An attempt that failed is written
// down by [Ledger.Postpone], which says when the next one is due, or that there was the last: then the entry is a dead letter.
// [Ledger.Run] has told what is due, and what is left of earlier lives of the node: their connections went with it. The package knows
// neither programs nor integrations: who tells $disconnect is a function of the caller.
//
// # Group commit
//
// One goroutine writes. It takes all that waits, writes it in one transaction, and answers everybody: while the disk
// is busy with one transaction the next one fills. So a thousand handshakes at once cost a few fsyncs. What can wait (Settle, Postpone) goes
// with the next transaction, after 100 ms at the latest. Nothing is kept in memory of a connection that is open.
//
// # The file
//
// sessions.db in SQLite, mode 0600, WAL with synchronous=FULL, and one connection that locks it. An entry is in the table entries under the life of the node in
// which its connection was opened, and its place in that life, which follows from the slot inside the connection id: what was
// opened together stands together, and is struck out without a search through all pages. An entry is JSON, sealed by AES-256-GCM under a
// key of its life and for its place: it has what authorizers said of clients, and API keys. A column due is empty while the connection is
// open. Dead letters have a table of their own.
//
// # What a crash can do
//
// Owe has returned: the entry is there after it. It has not: it is there or not. A Settle of the last 100 ms may be lost, and so
// may what could not be written then: its $disconnect is told once more. So it is told at least once, and its request id is the same each time.
//
// # What is not written
//
// A disk that is full or fails refuses entries at once, and everybody goes on without: connections are worth more than records
// of them. That is counted and logged, and ends by itself: after a failure the file is opened anew, with a
// checkpoint of all that was committed. After most failures nobody knows what is on the disk before that.
//
// A file that SQLite finds damaged, or with an entry that its seal does not fit, is not served in part without a word: the file is set aside under
// a name with the time, an entry is struck out; both are logged as errors and counted. The node starts all the same. One thing
// is not noticed: SQLite drops the end of a write-ahead log behind a damaged frame, as it does after a crash in the middle of a
// write. A file of a newer version is refused.
package ledger
