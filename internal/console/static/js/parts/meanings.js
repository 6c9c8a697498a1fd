// What numbers mean that clients and backends are told: close codes (RFC 6455 section 7.4.1), statuses of @connections.

const closes = {
  1000: 'Closed as meant: by the client, by a backend, or from here',
  1001: 'Going away: idle for too long, open for too long, the stage was removed or the node stops',
  1002: 'The client broke the protocol',
  1003: 'The client sent something that is not accepted, such as binary data',
  1005: 'Closed without a code',
  1006: 'The connection broke: nobody said goodbye',
  1007: 'The client sent text that is not UTF-8',
  1008: 'Against the rules: too many messages, or a token that has expired',
  1009: 'A message or a frame was too big',
  1010: 'An extension was missing',
  1011: 'The gateway had an error',
  1012: 'The gateway restarts',
  1013: 'Try again later',
  1015: 'TLS failed',
}

/** closeMeaning says what a close code means. */
export const closeMeaning = status => closes[status] ?? (status >= 4000 ? 'Agreed between client and backend' : status >= 3000 ? 'Of a framework' : 'Not in the standard')

const refusals = {
  400: 'The request is not a handshake that is understood.',
  401: 'Whoever connects must say who they are: the authorizer found no identity where it looks for one.',
  403: 'Not allowed: the authorizer, a policy, the API key or the integration of $connect says no, or there is no such stage.',
  404: 'There is nothing at this address.',
  410: 'The API is gone.',
  426: 'The address takes WebSockets only.',
  429: 'Too many connections or requests: the limit of the account, the stage or the usage plan.',
  500: 'The integration of $connect failed, or what it needs is set up wrong.',
  502: 'The integration of $connect could not be reached or gave no proper answer.',
  503: 'The gateway takes no connections now.',
  504: 'The integration of $connect took too long.',
}

/** refusalMeaning says why a handshake may have been answered with a status. */
export const refusalMeaning = status => refusals[status] ?? (status >= 500 ? 'The gateway or what stands behind it failed.' : 'The integration of $connect answered with this status.')

const sendings = {
  0: 'The node did not answer.',
  400: 'The id of the connection is not one of this gateway.',
  403: 'You may not: this needs execute-api:ManageConnections on the connection, or the stage is not deployed.',
  410: 'Gone: the connection was closed, or never was.',
  413: 'Too long: at most 128 KB can be sent at once.',
  429: 'Too much: the client does not take what is waiting for it, or the account has used up its rate.',
}

/** sendingMeaning says why something could not be done with a connection. */
export const sendingMeaning = status => sendings[status] ?? 'The node could not do it.'
