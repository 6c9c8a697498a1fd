// Package control is the door for those who define APIs: Amazon API Gateway's control plane for WebSocket APIs, service
// apigatewayv2 (2018-11-29), REST-JSON over HTTP, every call signed with Signature Version 4 for the service apigateway.
//
// The door is a table ([Operations]): one row for each operation of the service model, with its method, path, status
// and the function that serves it, or the reason why it is not served. Most functions are one of five generic ones over
// a resource (create, get, list, update, remove), and a path is also the key of the object it names. What an object may
// be is said in package gateway; what it means, in package program, by which a deployment is checked before it is made.
//
// Operations of ours stand in the same table, below /gangway/. Those that tell of what runs (connections, numbers, nodes, events) get it
// from functions of [Config]: the door knows no other. A template is imported by calls that the door makes of itself with the
// caller's key, each decided and written down as if the caller had made it.
//
// Decoding is strict about names (case counts, as in API Gateway) and forgiving about members it does not know. Errors
// are rendered from one table, in fault.go.
package control
