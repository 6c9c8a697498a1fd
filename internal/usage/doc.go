// Package usage holds clients to API keys and usage plans, and requests to rates: "Usage plans and API keys for REST APIs in
// API Gateway" and "Throttle requests to your REST APIs for better throughput in API Gateway" in the developer guide, which
// "API keys" on WebSocket APIs refers to.
//
// [Plans] knows all API keys and usage plans. It decides whether the holder of a key may make one more request to a stage,
// and counts it if so. [Limit] is a rate alone, for whatever else has one. The package does not know where a key comes from
// (a header, an authorizer), how a refusal is told to a client, nor where counts are kept: whoever runs a Plans writes down
// what [Plans.Changed] returns, and gives it to [Plans.Restore] after the next start.
//
// # Keys
//
// A key that is missing, unknown or disabled, or in no plan of the stage, is Forbidden; a client cannot tell which. Keys
// are found by the SHA-256 hash of their value, so that how long a refusal takes says nothing of any key. No error holds a
// value.
//
// An API key can be in several plans, but only in one for each stage. Where two cover the same stage all the same (a stage
// can be added to a plan later), the first in the order given to [Plans.Replace] counts.
//
// # Rates
//
// A plan's rate and burst hold for each of its keys alone, over all stages of the plan: a bucket of burst tokens, full at
// first, to which the rate adds. A request that finds no token is refused with "Too Many Requests". See [Limit.Set] for
// members that are absent or zero. Buckets are not written down: after a restart they are full.
//
// # Quotas
//
// A quota is how many requests a key may make under a plan in a day, a week (from Sunday) or a month, in UTC, over all
// stages of the plan. One more is refused with "Limit Exceeded", and takes no token. A refused request is not counted. Counts
// are exact: of any number of requests at once, as many pass as are left.
//
// The offset of a quota is taken off in the initial period ("QuotaSettings" in the API reference): that is the first one
// in which the key is used under the plan, or a client sets what is left to it. What a client sets (UpdateUsage) is what is
// left from then on until the period ends, whatever becomes of the limit meanwhile.
//
// A change of the period counts what was used in the new one so far: days are counted, and periods are sums of days.
//
// # What is written down
//
// For each day and each key under a plan there is an object with what was used and what a client has set: [Day.Object] and
// [Tally]. Days that are more than 90 days back are dropped, but for the newest of them, which shows that later periods are
// not the initial one. Counts that were not yet written are lost when the process is killed: at most those since the last
// write that succeeded. So a client may then use as much again, and never less than it should.
package usage
