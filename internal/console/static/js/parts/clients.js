// WebSocket clients that stay connected while other pages are looked at. The node's door is the client proper: a browser could not
// send headers with a handshake, nor see why one is refused.
import { query, token } from '../api.js'
import { hold, release, happened, watched } from './watching.js'

const most = 1000 // entries of a conversation
const stores = new Map()
let ids = 0

/** clientsOf are the clients of an API: { list, chosen }, of which there is at least one. */
export function clientsOf(api) {
  if (!stores.has(api)) {
    stores.set(api, { list: [], chosen: null })
    addClient(api)
  }
  return stores.get(api)
}

/** addClient adds one, with the settings of another if there is one to go by. */
export function addClient(api, like) {
  const store = stores.get(api)
  const client = {
    id: ++ids, api, name: nameFor(store.list), stage: like?.stage ?? '', path: like?.path ?? '', headers: { ...like?.headers }, subprotocols: like?.subprotocols ?? '', sign: like?.sign ?? false, apiKey: like?.apiKey ?? '',
    state: 'idle', connection: '', entries: [], draft: '', history: [], socket: null, changed: () => {}, since: null, unread: 0,
  }
  store.list.push(client)
  store.chosen = client
  return client
}

function nameFor(list) {
  for (let n = 1; ; n++) if (!list.some(client => client.name === `Client ${n}`)) return `Client ${n}`
}

/** removeClient closes one and forgets it. */
export function removeClient(client) {
  const store = stores.get(client.api)
  const at = store.list.indexOf(client)
  client.changed = () => {}
  client.socket?.close()
  release(client.api, client)
  store.list.splice(at, 1)
  if (store.list.length === 0) addClient(client.api)
  else if (store.chosen === client) store.chosen = store.list[Math.min(at, store.list.length - 1)]
}

/** offer puts a text into the box of a client of a stage, for the page to show. */
export function offer(api, { stage, text }) {
  const store = clientsOf(api)
  const fits = client => client.stage === stage || client.state === 'idle' && client.entries.length === 0
  store.chosen = (fits(store.chosen) ? store.chosen : null) ?? store.list.find(client => client.state === 'open' && client.stage === stage) ?? store.list.find(fits) ?? addClient(api)
  if (store.chosen.state !== 'open') store.chosen.stage = stage
  store.chosen.draft = text
}

/** connect opens the connection of a client, as its settings say. */
export function connect(client) {
  client.socket?.close()
  const url = new URL('connect' + query({ apiId: client.api, stage: client.stage }), document.baseURI)
  url.protocol = url.protocol.replace('http', 'ws')
  const socket = client.socket = new WebSocket(url, ['gangway-console', 'gangway-token.' + token()]) // it sends no header fields of ours
  client.state = 'connecting'
  client.connection = ''
  client.asked = Date.now()
  hold(client.api, client)
  socket.onopen = () => socket.send(JSON.stringify({
    type: 'connect', path: client.path, headers: { ...client.headers, ...(client.apiKey && { 'x-api-key': client.apiKey }) }, sign: client.sign, subprotocols: client.subprotocols.split(',').map(name => name.trim()).filter(Boolean),
  }))
  socket.onmessage = event => { if (client.socket === socket) heard(client, JSON.parse(event.data)) }
  socket.onclose = () => {
    if (client.socket !== socket) return
    client.socket = null
    ended(client)
    if (client.state === 'connecting') note(client, { kind: 'error', text: 'The node did not let the console connect. Is it running, and are you still signed in?' })
    else if (client.state === 'open' || client.state === 'closing') note(client, { kind: 'error', text: 'The console lost its connection to the node.' })
    if (client.state !== 'refused') client.state = 'closed'
    client.changed('state')
  }
  client.changed('state')
}

function heard(client, frame) {
  if (frame.type === 'open') {
    client.state = 'open'
    client.since = Date.now()
    note(client, { kind: 'open', headers: frame.headers })
    named(client)
  } else if (frame.type === 'refused') {
    client.state = 'refused'
    explained(client, note(client, { kind: 'refused', status: frame.status, headers: frame.headers, text: frame.body ?? '' }))
  } else if (frame.type === 'message') {
    client.unread++
    note(client, { kind: 'received', text: frame.data, binary: frame.binary })
  } else if (frame.type === 'closed') {
    client.state = 'closed'
    note(client, { kind: 'closed', code: frame.code, text: frame.reason ?? '' })
  } else if (frame.type === 'error') {
    if (client.state === 'connecting') { client.state = 'refused'; client.socket.close() }
    note(client, { kind: 'error', text: frame.message })
  }
  if (frame.type !== 'message') client.changed('state')
}

/** send sends a message; false: the client is not connected. */
export function send(client, text) {
  if (client.state !== 'open') return false
  client.socket.send(JSON.stringify({ type: 'message', data: text }))
  if (client.history.at(-1) !== text) client.history = [...client.history.slice(-49), text]
  note(client, { kind: 'sent', text })
  return true
}

/** disconnect says goodbye; what the other end answers is shown when it does. */
export function disconnect(client, code = 1000, reason = '') {
  if (client.state === 'connecting') {
    client.socket?.close()
    client.socket = null
    client.state = 'closed'
    ended(client)
    note(client, { kind: 'error', text: 'Not connected: you did not wait for the answer.' })
  } else if (client.state === 'open') {
    client.state = 'closing'
    client.socket.send(JSON.stringify({ type: 'close', code, reason }))
  }
  client.changed('state')
}

/** forget empties the conversation. */
export function forget(client) {
  client.entries = []
  client.changed('all')
}

let numbers = 0

function note(client, entry) {
  const noted = { id: ++numbers, time: Date.now(), ...entry }
  client.entries.push(noted)
  if (client.entries.length > most) client.entries.shift()
  client.changed('entries')
  return noted
}

// explained adds to a refusal what the node says of it, to those who may follow its events.
async function explained(client, entry) {
  const id = Object.entries(entry.headers).find(([name]) => name.toLowerCase() === 'x-amz-apigw-id')?.[1]
  if (!id) return
  entry.event = await happened(client.api, event => event.type === 'CONNECT' && event.requestId === id)
  if (entry.event) client.changed('all')
}

const settles = 400 // milliseconds in which what happens at once is told of

// named learns the id of a connection from the event of its handshake. No client is told its id: where others connect to the same stage at the same
// moment, nobody can say which is which.
async function named(client) {
  const { socket } = client
  const mine = event => event.type === 'CONNECT' && event.stage === client.stage && event.status < 400 && Date.parse(event.time) >= client.asked - settles && !taken(client, event.connectionId)
  if (!await happened(client.api, mine)) return
  await new Promise(done => setTimeout(done, settles))
  const found = watched(client.api).log.entries.filter(entry => entry.event && mine(entry.event))
  if (found.length !== 1 || client.socket !== socket) return
  client.connection = found[0].event.connectionId
  client.changed('state')
}

const taken = (client, id) => stores.get(client.api)?.list.some(other => other.connection === id)

// ended lets the events of the last moment come, too.
const ended = client => setTimeout(() => { if (!client.socket) release(client.api, client) }, 2000)

addEventListener('signedout', () => {
  for (const { list } of stores.values()) {
    for (const client of list) { client.changed = () => {}; const { socket } = client; client.socket = null; socket?.close() }
  }
  stores.clear()
})
