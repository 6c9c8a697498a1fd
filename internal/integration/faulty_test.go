package integration_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/integration"
)

// TestFaultOfFunctions: a fault of a function is what a program sees of one that ends so, and nothing is called.
func TestFaultOfFunctions(t *testing.T) {
	const uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations"
	for _, test := range []struct {
		kind    gateway.Kept
		fault   integration.Fault
		status  int
		failure string
		err     error
		after   time.Duration
	}{
		{gateway.IntegrationAWSProxy, integration.Fault{Kind: integration.FaultError}, 0, "", gateway.ErrBadReply, 0},
		{gateway.IntegrationAWSProxy, integration.Fault{Kind: integration.FaultAnswer, Status: 201}, 201, "", nil, 0},
		{gateway.IntegrationAWS, integration.Fault{Kind: integration.FaultError, Body: []byte(`{"errorMessage":"x"}`)}, 200, "Unhandled", nil, 0},
		{gateway.IntegrationAWS, integration.Fault{Kind: integration.FaultAnswer}, 200, "", nil, 0},
		{gateway.IntegrationAWSProxy, integration.Fault{Kind: integration.FaultRefuse, Delay: time.Second}, 0, "", gateway.ErrUnreachable, time.Second},
		{gateway.IntegrationAWSProxy, integration.Fault{Kind: integration.FaultAnswer, Delay: time.Minute}, 0, "", gateway.ErrTimeout, 29 * time.Second},
		{gateway.IntegrationAWSProxy, integration.Fault{Kind: "explode"}, 0, "", gateway.ErrConfiguration, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			var def gateway.DeployedIntegration
			def.IntegrationType, def.IntegrationMethod, def.IntegrationURI = test.kind, "POST", uri
			b, err := integration.New(def, integration.Env{Fault: func(*gateway.Event) *integration.Fault { return &test.fault }})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 29*time.Second)
			defer cancel()
			began := time.Now()
			got, err := b.Call(ctx, &integration.Request{Event: &gateway.Event{Connection: &gateway.Connection{}}})
			switch {
			case !errors.Is(err, test.err), (got == nil) != (test.err != nil):
				t.Errorf("%v: got %v, %v", test, got, err)
			case got != nil && (got.Status != test.status || got.Failure != test.failure || string(got.Body) != string(test.fault.Body)):
				t.Errorf("%v: got %+v", test, got)
			}
			if took := time.Since(began); took != test.after {
				t.Errorf("%v: took %v", test, took)
			}
		})
	}
}
