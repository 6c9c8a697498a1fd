// Package trial takes a message through a snapshot, and tells step by step what is done with it: which route it selects, whether
// it follows the model, what is mapped and rendered, what the backend gets, what it answers, and what of that the client gets.
//
// The steps are those of package program, by the same code as on a node; what a program does not tell of itself is told here. No
// backend is called unless the [Config] says so: a stand-in takes the place of each, notes what it would get and answers what
// it is told to. With a [Call] the backend is really called, through what the caller of this package calls backends through, once
// it was told who that is.
//
// A [Result] is made for people who write APIs, and so holds what no client is told: the causes of errors, with line and column
// where a template is to blame. [Config.Discreet] keeps out what proves who somebody is.
//
// Nobody is authorized here, and nothing is throttled: who asks for a trial may do so, or was refused elsewhere. The package
// does not know where snapshots come from, nor how results are shown.
package trial
