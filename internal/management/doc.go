// Package management is the door for backends: the API Gateway Management API, by which a backend sends to a client, asks
// about its connection and ends it.
//
//	POST   {stage}/@connections/{id}   200, nothing   the body, byte for byte, is one message to the client
//	GET    {stage}/@connections/{id}   200, JSON      since when, last active, from where
//	DELETE {stage}/@connections/{id}   204, nothing   closes with status 1000
//
// It knows HTTP: paths, signatures, statuses and bodies. It does not know where a connection lives, or how a message
// reaches it: that is behind [gateway.Connections], which may be this process or a whole cluster.
//
// Every request must be signed (Signature Version 4, service "execute-api"), and who signed it must be allowed the action
// execute-api:ManageConnections. A request is read in this order, and the first thing wrong with it is the answer: the path
// as sent, the method, the size of the body, the signature, the permission, the stage, the id. So nobody without a key and
// a permission learns which APIs, stages or ids exist: all of them are refused in the same words.
//
// Routes come from the very bytes that were signed, decoded once. An http.ServeMux would clean some paths and redirect
// others; here such a path is refused.
//
// Errors have their name in the x-amzn-ErrorType header, where the SDKs look for it, and a body with the text under
// both "message" and "Message", because both are read. Connections are shown in both spellings for the same reason.
package management
