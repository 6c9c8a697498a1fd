package store

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path/filepath"
	"time"
)

// A Summary says what a backup holds.
type Summary struct {
	// Store is the id of the store it was taken of.
	Store string `json:"store"`
	// Taken is when.
	Taken time.Time `json:"taken"`
	// Revision is that of its last record, and so their number.
	Revision uint64 `json:"revision"`
	// Hash is that of its last record, in hexadecimal: it stands for all of them.
	Hash string `json:"hash"`
}

// A backup is text: a preamble, a line for each record from the genesis on, and an ending.
//
//	{"backup":"gangway","format":1,"store":"…","taken":"…","writer":"…"}
//	{"hash":"…","record":{…}}
//	{"revision":2,"hash":"…","sha256":"…"}
//
// The ending names the last record and the SHA-256 of all lines before it.
type preamble struct {
	Backup string    `json:"backup"`
	Format int       `json:"format"`
	Store  string    `json:"store"`
	Taken  time.Time `json:"taken"`
	Writer string    `json:"writer"`
}

type ending struct {
	Revision uint64 `json:"revision"`
	Hash     string `json:"hash"`
	SHA256   string `json:"sha256"`
}

const (
	backupKind  = "gangway"
	lineHash    = `{"hash":"`
	lineRecord  = `","record":`
	lineEnd     = `}`
	linePrefix  = len(lineHash) + 2*sha256.Size + len(lineRecord)
	maxLine     = MaxRecord + 1024
	readBuffer  = 64 << 10
	emptyFolder = "the folder holds no store"
)

// Backup writes the log of a folder to w, up to the last record acknowledged when it starts or a later one. A node may be
// running there and writing. What is written is verified on the way; after an error it is of no use. Returns *DamagedError,
// ErrNewer, and fs.ErrNotExist if there is no store.
func Backup(ctx context.Context, dir string, w io.Writer) (Summary, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Summary{}, fmt.Errorf("store: %w", err)
	}
	present, err := survey(dir)
	if err != nil {
		return Summary{}, err
	}
	if !present {
		return Summary{}, fmt.Errorf("store: %s: %s: %w", dir, emptyFolder, fs.ErrNotExist)
	}
	// The head is read before the log: what it names was then acknowledged, and must be found.
	h, err := readLiveHead(filepath.Join(dir, headName))
	if err != nil {
		return Summary{}, missingHead(dir, err)
	}
	file := filepath.Join(dir, databaseName)
	db, err := openDatabase(file, readOnly)
	if err != nil {
		return Summary{}, explain(file, err)
	}
	b := backup{file: file, head: h, db: db, sum: sha256.New()}
	b.out = bufio.NewWriter(io.MultiWriter(w, b.sum))
	s, err := b.write(ctx, w)
	return s, errors.Join(err, db.Close())
}

func missingHead(dir string, err error) error {
	file := filepath.Join(dir, headName)
	if errors.Is(err, fs.ErrNotExist) {
		return damaged(file, "", "the file is missing")
	}
	return denied("read", file, err)
}

// backup is one being written.
type backup struct {
	file  string
	head  head
	db    *sql.DB
	out   *bufio.Writer
	sum   hash.Hash
	chain chain
}

func (b *backup) write(ctx context.Context, w io.Writer) (Summary, error) {
	if err := checkFormat(ctx, b.db, b.file); err != nil {
		return Summary{}, err
	}
	last, err := lastRevision(ctx, b.db)
	if err != nil {
		return Summary{}, explain(b.file, err)
	}
	if err := b.head.reached(last); err != nil {
		return Summary{}, err
	}
	s := Summary{Taken: time.Now().UTC(), Revision: last}
	if err := rows(ctx, b.db, 0, last, func(r row) error { return b.row(r, s.Taken) }); err != nil {
		return Summary{}, b.explain(err)
	}
	if b.chain.rows != last+1 {
		return Summary{}, damaged(b.file, atRevision(b.chain.rows), "the record is missing")
	}
	s.Store, s.Hash = b.chain.genesis.Store, b.chain.hash.String()
	return s, b.finish(w, s)
}

// errOutput marks what went wrong with the writer and not with the store.
var errOutput = errors.New("cannot write the backup")

func (b *backup) explain(err error) error {
	if errors.Is(err, errOutput) {
		return fmt.Errorf("store: %w", err)
	}
	return explainAt(b.file, atRevision(b.chain.rows), err)
}

// row writes one line, after the preamble if it is the first.
func (b *backup) row(r row, taken time.Time) error {
	if _, err := b.chain.add(r); err != nil {
		return damaged(b.file, atRevision(r.revision), err.Error())
	}
	if err := b.head.confirm(b.chain.last(), b.chain.hash); err != nil {
		return err
	}
	if r.revision == 0 {
		p := preamble{Backup: backupKind, Format: Format, Store: b.chain.genesis.Store, Taken: taken, Writer: writer()}
		if err := b.object(p); err != nil {
			return err
		}
	}
	return b.line(appendLine(make([]byte, 0, linePrefix+len(r.payload)+1), r.hash, r.payload))
}

// appendLine appends the line of a record, without its line feed.
func appendLine(b, hash, payload []byte) []byte {
	b = append(b, lineHash...)
	b = hex.AppendEncode(b, hash)
	b = append(b, lineRecord...)
	b = append(b, payload...)
	return append(b, lineEnd...)
}

func (b *backup) object(v any) error {
	text, err := marshal(v)
	if err != nil {
		return err
	}
	return b.line(text)
}

func (b *backup) line(text []byte) error {
	if _, err := b.out.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("%w: %w", errOutput, err)
	}
	return nil
}

// finish writes the ending, which the sum does not cover.
func (b *backup) finish(w io.Writer, s Summary) error {
	if err := b.out.Flush(); err != nil {
		return fmt.Errorf("store: %w: %w", errOutput, err)
	}
	text, err := marshal(ending{Revision: s.Revision, Hash: s.Hash, SHA256: hex.EncodeToString(b.sum.Sum(nil))})
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if _, err := w.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("store: %w: %w", errOutput, err)
	}
	return nil
}

// Verify reads a backup to its end and says what it holds. Returns *DamagedError and ErrNewer.
func Verify(r io.Reader) (Summary, error) {
	b := newBackupReader(r)
	for _, err := range b.rows() {
		if err != nil {
			return Summary{}, err
		}
	}
	return b.summary, nil
}

// backupReader reads a backup and holds every byte of it against the hashes.
type backupReader struct {
	in      *bufio.Reader
	sum     hash.Hash
	lines   int
	chain   chain
	summary Summary
}

func newBackupReader(r io.Reader) *backupReader {
	return &backupReader{in: bufio.NewReaderSize(r, readBuffer), sum: sha256.New()}
}

// rows gives the rows of the backup, the genesis first. Only if it ends without an error is the backup whole.
func (b *backupReader) rows() func(yield func(row, error) bool) {
	return func(yield func(row, error) bool) {
		line, err := b.preamble()
		for err == nil && bytes.HasPrefix(line, []byte(lineHash)) {
			var r row
			if r, err = b.record(line); err != nil {
				break
			}
			if !yield(r, nil) {
				return
			}
			b.sum.Write(line)
			line, err = b.line()
		}
		if err == nil {
			err = b.ending(line)
		}
		if err != nil {
			yield(row{}, err)
		}
	}
}

// preamble reads the first line and returns the second.
func (b *backupReader) preamble() ([]byte, error) {
	line, err := b.line()
	if err != nil {
		return nil, err
	}
	var p preamble
	if err := json.Unmarshal(line, &p); err != nil || p.Backup != backupKind {
		return nil, b.damaged("this is not a backup of gangway")
	}
	if p.Format > Format {
		return nil, newer("the backup", p.Format, p.Writer)
	}
	if p.Format != Format {
		return nil, b.damaged(fmt.Sprintf("there is no format %d", p.Format))
	}
	b.summary.Store, b.summary.Taken = p.Store, p.Taken
	b.sum.Write(line)
	return b.line()
}

// record takes a line apart: a hash, a record, and nothing else.
func (b *backupReader) record(line []byte) (row, error) {
	text := bytes.TrimSuffix(line, []byte(lineEnd+"\n"))
	if len(text) < linePrefix || len(text) == len(line) {
		return row{}, b.damaged("the line is cut short")
	}
	r := row{revision: b.chain.rows, payload: bytes.Clone(text[linePrefix:])}
	hash := b.chain.hash.next(r.payload)
	r.hash = hash[:]
	if !bytes.Equal(line, append(appendLine(nil, r.hash, r.payload), '\n')) {
		return row{}, b.damaged("the record does not match its hash")
	}
	if _, err := b.chain.add(r); err != nil {
		return row{}, b.damaged(err.Error())
	}
	return r, nil
}

// ending holds the last line against all that was read, and sees that nothing follows.
func (b *backupReader) ending(line []byte) error {
	if b.chain.rows == 0 {
		return b.damaged("there are no records")
	}
	b.summary.Revision, b.summary.Hash = b.chain.last(), b.chain.hash.String()
	want, err := marshal(ending{
		Revision: b.summary.Revision, Hash: b.summary.Hash, SHA256: hex.EncodeToString(b.sum.Sum(nil)),
	})
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if !bytes.Equal(line, append(want, '\n')) {
		return b.damaged("this is not how the backup ends")
	}
	if b.summary.Store != b.chain.genesis.Store {
		return b.damaged("it names another store than its records do")
	}
	if _, err := b.in.ReadByte(); !errors.Is(err, io.EOF) {
		b.lines++
		return b.damaged("nothing may follow the last line")
	}
	return nil
}

// line reads a line with its line feed, of bounded length.
func (b *backupReader) line() ([]byte, error) {
	b.lines++
	var line []byte
	for {
		part, err := b.in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line, nil
		case len(line) > maxLine:
			return nil, b.damaged("the line is too long")
		case errors.Is(err, io.EOF):
			return nil, b.damaged("the backup is cut short")
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, fmt.Errorf("store: cannot read the backup: %w", err)
		}
	}
}

func (b *backupReader) damaged(reason string) error {
	return &DamagedError{File: "the backup", Position: fmt.Sprintf("line %d", b.lines), Reason: reason, Remedy: remedyBackup}
}
