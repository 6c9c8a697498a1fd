package metrics

import "time"

// Sessions are numbers of the records of connections that are owed a $disconnect.
type Sessions struct {
	Owed, DeadLetters int64 // now
	Unrecorded        uint64
	Told              uint64
	Retried           uint64
	Dropped           uint64
	Died              uint64
	Damaged           uint64
	Batches, Written  uint64 // transactions, and the changes in them
	Writing           time.Duration
}

// Descriptions of Sessions.
var (
	sessionsOwed       = of("sessions_owed", "Connections on disk that are owed a $disconnect, open ones included.")
	sessionsDead       = of("sessions_dead_letters", "$disconnect that were given up and are kept.")
	sessionsUnrecorded = of("sessions_unrecorded_total", "Connections that could not be written down.")
	sessionsTold       = of("sessions_told_total", "$disconnect told later: of earlier lives of the node, or after a failure.")
	sessionsRetried    = of("sessions_retried_total", "Attempts to tell a $disconnect after the first.")
	sessionsDropped    = of("sessions_dropped_total", "$disconnect told to nobody, because the stage is gone.")
	sessionsDied       = of("sessions_given_up_total", "$disconnect that were given up.")
	sessionsDamaged    = of("sessions_damaged_total", "Files that were set aside, and records that were not what was written.")
	sessionsBatches    = of("sessions_batches_total", "Transactions of records.")
	sessionsWritten    = of("sessions_written_total", "Changes in those transactions.")
	sessionsWriting    = of("sessions_writing_seconds_total", "Time that those transactions took.")
)

func (s *Sessions) collect(out output) {
	if s == nil {
		return
	}
	out.gauge(sessionsOwed, int(s.Owed))
	out.gauge(sessionsDead, int(s.DeadLetters))
	out.counter(sessionsUnrecorded, s.Unrecorded)
	out.counter(sessionsTold, s.Told)
	out.counter(sessionsRetried, s.Retried)
	out.counter(sessionsDropped, s.Dropped)
	out.counter(sessionsDied, s.Died)
	out.counter(sessionsDamaged, s.Damaged)
	out.counter(sessionsBatches, s.Batches)
	out.counter(sessionsWritten, s.Written)
	out.seconds(sessionsWriting, s.Writing)
}
