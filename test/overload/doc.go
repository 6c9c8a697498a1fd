// Package overload holds the real program against clients that take more than their share, and against a machine that has
// too little of something. It has no code, only tests, for Linux:
//
//   - handshakes_test.go: clients that never finish their handshake;
//   - readers_test.go: clients that do not read what is pushed to them, or answer pings and read nothing else;
//   - floods_test.go: fragments, pings and pongs without end;
//   - lengths_test.go, bombs_test.go: frames that announce too much, messages that inflate to too much;
//   - churn_test.go: connections by the ten thousand, one after the other;
//   - bulkhead_test.go: a backend that hangs, beside one that does not;
//   - memory_test.go, descriptors_test.go: a node that may have little memory, or few files;
//   - footprint_test.go, soak_test.go: what connections cost, and whether they cost more with time.
//
// Each test runs once for each engine (--engine), where the program has them. What must hold is of two kinds. What is right or
// wrong is never excused: a good client that is dropped, a message that is lost, a wrong close code, memory or descriptors that
// do not come back. Times are compared with a bar that is raised by how much slower the machine is than the one on which the
// bars were made, printed, and fail a test only where they are ten times too long; see the function within.
//
// The program is built from this tree, unless GANGWAY_BINARY names one. GANGWAY_LARGE=1 runs everything in full size, which
// takes minutes; GANGWAY_SOAK=20m runs the soak for so long, which is skipped otherwise.
package overload
