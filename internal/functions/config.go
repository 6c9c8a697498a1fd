package functions

import (
	"cmp"
	"maps"
	"time"
)

// Config is what all functions of a host share. The zero value works.
type Config struct {
	Region      string            // "" is us-east-1
	Account     string            // "" is 000000000000
	Environment map[string]string // for all functions, such as credentials and AWS_ENDPOINT_URL; a function's own wins
	Log         func(Line)        // takes what functions write and what is said of them; calls never overlap
	Idle        time.Duration     // a process without work ends after this; 0 is 5 min
	Backoff     time.Duration     // before the first retry of an asynchronous invocation, twice this before the second; 0 is 1 s
	Poll        time.Duration     // between two looks at the folders of code; 0 is 300 ms, negative is never
	Check       bool              // code is looked at when it is set and when it changes, and its mistakes are told of before anybody invokes it
	Processes   int               // most of all functions at a time, those of replaced code among them; 0 is 100
	Cache       string            // folder for executables built from Go source; "" is one in the user's cache folder
}

func (c Config) complete() Config {
	c.Region = cmp.Or(c.Region, "us-east-1")
	c.Account = cmp.Or(c.Account, "000000000000")
	c.Environment = maps.Clone(c.Environment)
	c.Idle = cmp.Or(c.Idle, 5*time.Minute)
	c.Backoff = cmp.Or(c.Backoff, time.Second)
	c.Poll = cmp.Or(c.Poll, 300*time.Millisecond)
	c.Processes = cmp.Or(c.Processes, 100)
	return c
}

// A Kind says where a line comes from.
type Kind int

// The kinds of lines.
const (
	Output   Kind = iota // the function wrote it
	Platform             // Lambda writes it: START, END, REPORT, a time-out
	Notice               // this host has something to say: a build, a reload, a missing interpreter
)

// A Line is one line of a function's log.
type Line struct {
	Function  string
	RequestID string // "" where no invocation was under way
	Trace     string // X-Amzn-Trace-Id of the invocation, or of the one that the process was started for and has not begun
	Text      string // without the newline
	Time      time.Time
	Stderr    bool
	Kind      Kind
}
