// Package gangwaytest runs tests of Go programs against Gangway: it starts one on ports of its own, and has what takes hours or
// goes wrong happen when a test says so.
//
//	func TestGoodbye(t *testing.T) {
//		s := gangwaytest.Start(t, gangwaytest.Options{})
//		// deploy an API with an AWS SDK, set up by s.Environment(), and connect to s.URL(api, stage)
//		s.Advance(2 * time.Hour)
//		left := s.Await(t, func(e gangwaytest.Event) bool { return e.Type == "DISCONNECT" })
//		if left.CloseStatus != 1001 {
//			t.Errorf("closed with %d", left.CloseStatus)
//		}
//	}
//
// What is started is `gangway test-server`: the program that the environment variable GANGWAY names, or gangway in PATH, or what
// Options say. It ends with the test, or, started by [Open], with [Server.Close] or with the process, however that ends.
//
// One server can serve many tests, one after the other: Open it in TestMain, give each test its own by [Server.For], and begin with
// [Server.Reset]. Methods that cannot do what they should fail the test they belong to, and panic without one.
//
// The package uses nothing but the standard library, and of Gangway only the program.
package gangwaytest
