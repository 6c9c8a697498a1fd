package stack_test

import (
	"fmt"
	"strings"
	"testing"
)

// Names of functions that are cut are still of one function each.
func TestLongNames(t *testing.T) {
	p := start(t)
	text := "Resources:\n"
	for i := range 2 {
		text += fmt.Sprintf("  %s%d:\n    Type: AWS::Lambda::Function\n    Properties: {Code: src}\n", strings.Repeat("Handler", 9), i)
	}
	text += "Outputs:\n  Name: {Value: !Ref " + strings.Repeat("Handler", 9) + "1}\n"
	done := p.apply("chat", text)
	a, b := done.Functions[0].Name, done.Functions[1].Name
	if a == b || len(a) != 64 || len(b) != 64 || a[:55] != b[:55] || done.Outputs[0].Value != b {
		t.Errorf("the functions are %s and %s, the output is %s", a, b, done.Outputs[0].Value)
	}
	if again := p.apply("chat", text); again.Functions[0].Name != a {
		t.Errorf("the name was %s and is %s", a, again.Functions[0].Name)
	}
}

// A function that has no concurrency reserved is not one for which none is.
func TestReservedConcurrency(t *testing.T) {
	p := start(t)
	for written, want := range map[string]int{"": 0, "ReservedConcurrentExecutions: 0": -1, "ReservedConcurrentExecutions: '0'": -1, "ReservedConcurrentExecutions: 3": 3} {
		done := p.apply("chat", "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n      Code: src\n      "+written+"\n")
		if got := done.Functions[0].Concurrency; got != want {
			t.Errorf("%q is %d, want %d", written, got, want)
		}
	}
	_, err := p.try("chat", "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties: {Code: src, ReservedConcurrentExecutions: -1}\n")
	if err == nil || !strings.Contains(err.Error(), "ReservedConcurrentExecutions: expected 0 or more, got -1") {
		t.Errorf("the error is %v", err)
	}
}
