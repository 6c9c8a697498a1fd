// Package gateway is the language that the rest of Gangway speaks: the objects of a WebSocket API as Amazon API
// Gateway's control plane names them (API, Route, Integration, Authorizer, Model, Deployment, Stage), those around it
// (DomainName, APIMapping, UsagePlan, APIKey, ClientCertificate, Credential), the Snapshot that a deployment freezes, the
// Event that happens on a connection, the ids and names by which connections and APIs are found, and the kinds of Error
// that a client may see.
//
// It knows what is right about each object alone ([Object].Validate) and what each needs to exist
// ([Object].References). It does not know how objects are stored, served over HTTP, compiled or run. Of ours it imports
// only the language of policies, to tell a policy from a text.
//
// The JSON form of every object is the wire form of the apigatewayv2 service model (2018-11-29): lowerCamel members,
// absent where API Gateway leaves them out. An object is made of three parts, each a type of its own:
//
//   - its Settings, which a client may write at any time (decoding a request body can touch nothing else),
//   - its Origin, which a client may write once, when it creates the object, and
//   - the rest, which only we write: ids, dates, and what follows from the settings.
//
// Decoding a PATCH body onto the settings of an existing object gives API Gateway's merge: an absent member stays, a
// map is merged key by key, a list is replaced. The types [Map] and [Kept] carry the two rules that plain JSON lacks.
//
// Objects of version 1 (the apigateway service model, 2015-07-09: API keys, usage plans, the account, client
// certificates, VPC links to load balancers) are made of the same parts, write times as [Epoch], and are changed by one
// [Patch] after the other. What an object keeps to itself, such as a private key, is in its stored form; its Shown is
// what others may see.
package gateway
