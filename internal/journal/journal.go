package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Config says where the lines go: one of Dir, Writer and Cloud.
type Config struct {
	// Dir is a folder that gets a file for each log group: access/{group}.log, execution/{api}/{stage}.log and
	// firehose/{stream}.log.
	Dir string
	// FileSize is how large a file gets before there is a new one, FileCount how many older ones are kept, {file}.1 being the
	// youngest. 0: 64 MB, and 5.
	FileSize  int64
	FileCount int
	// Writer gets each line in a JSON object, on a line of its own: time, log, api, stage, group and line.
	Writer io.Writer
	// Cloud sends lines to CloudWatch Logs and Firehose.
	Cloud *Cloud

	// Queue is how many bytes of lines may wait. 0: 8 MB.
	Queue int
	// Log is told of places that do not take lines. Nil: nobody is.
	Log *slog.Logger
}

// A Journal takes lines. It is safe for concurrent use. A nil Journal takes none.
type Journal struct {
	sink    sink
	linger  time.Duration // how long lines wait for more
	queue   int
	report  *reporter
	buffers sync.Pool
	dropped atomic.Uint64

	wake    chan struct{} // has room for one
	closing chan struct{} // closed once Close is called
	done    chan struct{} // closed once nothing is written any more
	stop    context.CancelFunc

	mu       sync.Mutex
	closed   bool
	pending  batch
	inFlight int      // bytes being written
	short    []*group // have lost lines that are not noted
}

// batch is lines that wait: their text in one piece, and whose it is.
type batch struct {
	text   []byte
	blocks []block
}

// together is how far apart lines may have come that stand in one block.
const together = 5 * time.Millisecond

// add adds lines that have just been put behind the text.
func (b *batch) add(next block) {
	if n := len(b.blocks); n > 0 {
		if last := &b.blocks[n-1]; last.group == next.group && next.at.Sub(last.at) < together {
			last.end = next.end
			return
		}
	}
	b.blocks = append(b.blocks, next)
}

// block is whole lines of one group.
type block struct {
	group *group
	at    time.Time
	start int
	end   int
	text  []byte // set when it is written
}

// sink is a place where lines go. One goroutine calls it.
type sink interface {
	// write writes blocks of one group and returns how many lines it has written, which is all of them if there is no error.
	write(ctx context.Context, g *group, blocks []block) (int, error)
	close() error
}

// briefly is how long lines wait for more where writing is cheap: waking who writes for each costs more than the line.
const briefly = 50 * time.Millisecond

var errOneSink = errors.New("journal: logs go to one place: a folder, a writer, or CloudWatch Logs")

// Open starts to take lines. If the configuration names no place, there is no journal: it returns nil.
func Open(cfg Config) (*Journal, error) {
	var sinks []sink
	if cfg.Dir != "" {
		files, err := newFiles(cfg)
		if err != nil {
			return nil, err
		}
		sinks = append(sinks, files)
	}
	if cfg.Writer != nil {
		sinks = append(sinks, &stream{out: cfg.Writer})
	}
	linger := briefly
	if cfg.Cloud != nil {
		cloud, err := newCloud(*cfg.Cloud)
		if err != nil {
			return nil, err
		}
		sinks, linger = append(sinks, cloud), cloud.Linger
	}
	switch len(sinks) {
	case 0:
		return nil, nil
	case 1:
		return start(cfg, sinks[0], linger), nil
	default:
		return nil, errOneSink
	}
}

func start(cfg Config, to sink, linger time.Duration) *Journal {
	if cfg.Queue == 0 {
		cfg.Queue = 8 << 20
	}
	ctx, stop := context.WithCancel(context.Background())
	j := &Journal{
		sink: to, linger: linger, queue: cfg.Queue, report: &reporter{log: cfg.Log}, stop: stop,
		wake: make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{}),
		buffers: sync.Pool{New: func() any { return new([]byte) }},
	}
	go j.run(ctx)
	return j
}

// Dropped is how many lines have been lost so far: there was no room, or the place did not take them.
func (j *Journal) Dropped() uint64 {
	if j == nil {
		return 0
	}
	return j.dropped.Load()
}

// put takes lines, which it copies. It does not wait for anything but other calls of put.
func (j *Journal) put(g *group, text []byte) {
	if len(text) == 0 {
		return
	}
	j.mu.Lock()
	wake := len(j.pending.blocks) == 0
	switch {
	case j.closed:
		j.dropped.Add(uint64(bytes.Count(text, newline)))
	case j.inFlight+len(j.pending.text)+len(text) > j.queue:
		j.lose(g, bytes.Count(text, newline))
	default:
		start, many := len(j.pending.text), j.queue/4
		wake = wake || start < many && start+len(text) >= many
		j.pending.text = append(j.pending.text, text...)
		j.pending.add(block{group: g, at: time.Now(), start: start, end: len(j.pending.text)})
	}
	j.mu.Unlock()
	if wake {
		select {
		case j.wake <- struct{}{}:
		default:
		}
	}
}

var newline = []byte{'\n'}

// lose counts lines; the caller holds the mutex.
func (j *Journal) lose(g *group, n int) {
	if g.lost == 0 {
		j.short = append(j.short, g)
	}
	g.lost += n
	j.dropped.Add(uint64(n))
}

// Close writes what is waiting and ends. If the context ends before, what is left is lost, and the error says how much.
func (j *Journal) Close(ctx context.Context) error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	already := j.closed
	j.closed = true
	j.mu.Unlock()
	if !already {
		close(j.closing)
	}
	select {
	case <-j.done:
		return nil
	case <-ctx.Done():
	}
	j.stop() // whoever writes hears it
	j.mu.Lock()
	left := j.inFlight + len(j.pending.text)
	j.mu.Unlock()
	return fmt.Errorf("journal: %d bytes of lines may be lost: %w", left, ctx.Err())
}
