// Package metrics counts and times what happens on the connections of a node, for Prometheus, for CloudWatch and as traces for
// OpenTelemetry.
//
// It knows what a [gateway.Record] tells, the calls of @connections ([Call]), and the two formats and the protocol in which
// that leaves the node. It does not know when things happen, who asks for numbers, nor how many connections and jobs there are
// now: whoever makes a [Metrics] brings functions that know. It writes no log of stages; that is package journal.
//
// # What API Gateway counts
//
// "Monitor WebSocket API execution with CloudWatch metrics" in the developer guide has six metrics. They are here under names
// of Prometheus, all in seconds and bytes, and for [Metrics.AppendEMF] under those of API Gateway:
//
//	ConnectCount        gangway_connects_total              a $connect integration was called, MOCK or not
//	MessageCount        gangway_messages_total              a message from a client (direction "in"), whatever became of
//	                                                        it; a reply or error frame to one, or the data of a POST to
//	                                                        @connections that was answered with 200 ("out"); the latter
//	                                                        with route "@connections"
//	ClientError         gangway_client_errors_total         4xx, and no integration was called: no route, a model, an
//	                                                        authorizer that says no, a limit
//	IntegrationError    gangway_integration_errors_total    the integration has answered 4xx or 5xx; of a function behind
//	                                                        AWS_PROXY, with such a statusCode
//	ExecutionError      gangway_execution_errors_total      the integration could not be called, has not answered, or
//	                                                        with what makes no sense, or no reply could be made of it
//	IntegrationLatency  gangway_integration_latency_seconds from calling an integration up to its answer, or up to giving
//	                                                        up on it; not for MOCK, not for @connections
//
// An event counts under one of the three errors at most. An authorizer that fails with 5xx is none of them, nor is a 503, by
// which the node says that it is going away, nor a client that has left before its integration answered. Unlike API Gateway,
// everything is counted, also what was answered with 413, and 429 of any number. Calls of @connections that fail are no errors
// of events; gangway_pushes_total has their statuses.
//
// # What API Gateway does not count
//
//	gangway_connections                 open connections now
//	gangway_handshakes_total            by status, 101 for those that became connections
//	gangway_disconnects_total           by close code (RFC 6455 section 7.4); codes of applications as 3xxx and 4xxx
//	gangway_message_bytes_total         as gangway_messages_total
//	gangway_throttled_total             429 of the gateway itself; also in gangway_client_errors_total
//	gangway_event_latency_seconds       from taking up an event to being done with it; its count is that of events
//	gangway_authorizer_latency_seconds  and gangway_authorizer_errors_total, 5xx
//	gangway_pushes_total                calls of @connections, by method and status
//	gangway_push_latency_seconds        of those calls
//	gangway_queue_running               and gangway_queue_waiting, gangway_queue_waiting_bytes: jobs, by queue
//	gangway_sessions_*                  connections that are owed a $disconnect: see [Sessions]
//	gangway_spans_total                 spans, by what became of them: exported, dropped, failed
//	gangway_label_sets                  see below
//	gangway_build_info                  besides go_ and process_
//
// # Labels
//
// All of these have the labels api and stage where they are of one, and those of events the label route, always; it is empty
// for a message that has none, and both others for a handshake to a stage that there is not. API Gateway
// has the dimension Route only with detailedMetricsEnabled, because CloudWatch charges for each metric; here a route costs a few
// kilobytes, so there is nothing to save. CloudWatch still charges: Metrics.AppendEMF asks [Config.Detailed].
//
// No label has what a client has sent in it. Routes are few, but they change with deployments, so their number is bounded
// ([Config.LabelSets]): what is new beyond it counts as route "other", and a stage that is new beyond it as API and stage
// "other". A stage that is gone ([Metrics.Forget]) is kept for a while, because its last $disconnect come later.
//
// # Figures
//
// [Metrics.APIs] and [Metrics.Stages] tell the same counters to who asks for no format, the latter with quantiles: linear within
// a bucket of a histogram, as histogram_quantile of Prometheus. [Metrics.Sample] keeps a history for it: every five seconds it
// looks at how far the counters of each stage are, and notes the difference; events know nothing of that. It reaches back 15 minutes
// and is kept for the 256 stages on which something has happened last. A stage on which nothing has happened for as long has none.
//
// # Traces
//
// A [Tracer] makes spans of the same records: "connect", "message {route}", "disconnect", with "authorizer" and "integration"
// below, and "push". The trace id is that of X-Amzn-Trace-Id as backends see it, without its dashes, so that events, logs and
// traces agree; a handshake and a call of @connections may bring their own, there or in traceparent (W3C Trace Context). Whether
// a trace is recorded is decided by whoever began it, or else by a ratio. Nobody waits for a span: those for which there is no
// room are dropped and counted. Attributes are those of the OpenTelemetry semantic conventions where there are any. No span has
// a header, a query, a body or the text of an error in it, because secrets may be there; error.type says what kind it was.
package metrics
