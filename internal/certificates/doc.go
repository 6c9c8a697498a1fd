// Package certificates finds the certificate for each name that a TLS client asks for.
//
// A [Store] answers a handshake with the first of these that knows the name, an exact name before a wildcard:
//
//  1. a certificate of the folder that was assigned to the domain ([Store.Assign]);
//  2. a certificate of the folder that says of itself that it is for this name: {name}.pem with the chain and the key, or
//     {name}.crt and {name}.key. Keys that others than the owner can read are refused. Files are read again when they change
//     ([Store.Watch]); one that is no good leaves the last good one in place;
//  3. one from an ACME authority, asked for when the first client wants it ([ACME], RFC 8555), proven by TLS-ALPN-01
//     (RFC 8737) on the same port;
//  4. one signed on demand by the local [Authority]: for localhost, for loopback addresses, and for names and addresses that are
//     ours;
//  5. that of the folder whose name is "default".
//
// A name that nobody knows is refused with the alert unrecognized_name (RFC 6066 section 3). A client that names none, as
// one does that connects by an address, gets the certificate for that address, the default, or the local authority's, which is for
// localhost, and for the address only if that is a loopback one or ours.
//
// # What trusting the local authority means
//
// Its certificate has no name constraints (RFC 5280 section 4.2.1.10): whoever has ca.key can make certificates for any name that
// all who trust ca.pem accept. Constraints are set when an authority is made, and what it is to sign for is known later: custom
// domain names come and go while it is trusted, and each would cost everybody a new authority to trust. So the store signs for no
// name but those above, and the key is as good as a password of those who trust it: it is made for its owner only, is refused when
// others can read it, and never leaves its folder. The authority can sign no other authorities. Where that is too much to trust,
// put certificates into the folder, or use ACME.
//
// # Protocols
//
// TLS is 1.2 or 1.3, with HTTP/1.1 inside: WebSocket over HTTP/2 (RFC 8441) is not offered. A domain may ask for a higher
// version and for certificates of its clients. The handshake knows only the name by which a client calls, and who signs for
// clients at that time; whether the Host of a request is that name, and the certificate still good, is for whoever reads requests
// to ask ([Store.Admits]).
//
// The package knows nothing of APIs and of custom domains: what is ours it is told by functions.
package certificates
