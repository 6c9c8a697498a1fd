// Requests to the control plane, to the Management API and to the session. The door of the console signs them: what is sent here
// is what any other client would send.

/** Fault is an answer that says no: status, type (as AWS names it) and message. */
export class Fault extends Error {
  constructor(status, type, message) {
    super(message)
    this.status = status
    this.type = type
  }
}

let signedOut = () => {}

/** onSignedOut is told when a request is answered that there is no session. */
export function onSignedOut(fn) { signedOut = fn }

// A cookie goes to every port of a host, so it is not enough to be somebody. What else that takes is kept where only pages of this
// origin, with its port, can read it; all tabs, as they share the cookie. It opens nothing without the cookie.
const tokenKey = 'gangway-token'

/** token is what the requests of a session show besides the cookie; '1': there is none. */
export const token = () => localStorage.getItem(tokenKey) ?? '1'

// What a page asks by itself, with nobody there, must not keep a session open: it says so.
const header = background => ({ 'X-Gangway-Console': token(), ...(background && { 'X-Gangway-Background': '1' }) })

async function send(method, url, { body, headers, signal, raw, background } = {}) {
  const shown = token()
  let response
  try {
    response = await fetch(url, {
      method, signal, body: body === undefined ? undefined : raw ? body : JSON.stringify(body),
      headers: { ...header(background), ...(body === undefined || raw ? {} : { 'Content-Type': 'application/json' }), ...headers },
      credentials: 'same-origin', redirect: 'error', cache: 'no-store',
    })
  } catch (err) {
    if (err.name === 'AbortError') throw err
    throw new Fault(0, 'NetworkError', 'The node does not answer. Is it running?')
  }
  if (!background && response.ok) session.used = Date.now()
  if (response.ok) return response
  // An answer to what an ended session has asked says nothing of the one that has begun meanwhile.
  if (response.status === 401 && url !== 'session' && shown === token()) signedOut()
  throw await faultOf(response)
}

async function faultOf(response) {
  const text = await response.text().catch(() => '')
  let said = {}
  try { said = JSON.parse(text) } catch { said = { message: text.trim() } }
  const type = (response.headers.get('x-amzn-ErrorType') ?? said.__type ?? '').replace(/:.*/, '')
  return new Fault(response.status, type, said.message ?? said.Message ?? (text.trim() || `The node has answered ${response.status}.`))
}

async function decoded(response) {
  if (response.status === 204 || response.status === 202) return null
  const text = await response.text()
  return text === '' ? null : JSON.parse(text)
}

/** call asks the control plane: call('GET', '/v2/apis'). Paths are given with their parts escaped; see path. Options: signal; background, where nobody has asked. */
export const call = async (method, path, body, options = {}) => decoded(await send(method, 'api' + path, { body, ...options }))

/**
 * path is a path with parts escaped: path`/v2/apis/${id}/stages/${name}`. A part that a browser takes for a step
 * up, however it is escaped, would make it the path of something else: it is refused.
 */
export const path = (texts, ...parts) => texts.reduce((all, text, i) => all + segment(String(parts[i - 1])) + text)

function segment(part) {
  if (!['', '.', '..'].includes(part)) return encodeURIComponent(part) // nothing, too, would be what is above
  throw new Fault(0, 'UnsendableName', `No browser can send a path with “${part}” in it. Use the AWS CLI or another client.`)
}

/** query is a query string of those members that have a value. */
export function query(members) {
  const q = new URLSearchParams(Object.entries(members).filter(([, v]) => v !== undefined && v !== null && v !== ''))
  return q.size === 0 ? '' : '?' + q
}

/** page is one page of a list: items and nextToken. Version 1 of the control plane says item and position. */
export async function page(of, { signal, token, most = 500, background } = {}) {
  const v1 = !of.startsWith('/v2') && !of.startsWith('/gangway')
  const joined = of + (of.includes('?') ? '&' : '?')
  const asked = v1 ? query({ limit: most, position: token }) : query({ maxResults: most, nextToken: token })
  const answer = await call('GET', joined + asked.slice(1), undefined, { signal, background })
  return { items: answer.items ?? answer.item ?? [], nextToken: answer.nextToken ?? answer.position }
}

/** all are the items of all pages of a list, but not more than most. */
export async function all(of, { signal, most = 20000, background } = {}) {
  const found = []
  let token
  do {
    const next = await page(of, { signal, token, background })
    found.push(...next.items)
    token = next.nextToken
  } while (token && found.length < most)
  return found
}

/** patch is the body of an update of version 1: {name: 'x', 'throttle/rateLimit': 3}; undefined removes. */
export const patch = members => ({
  patchOperations: Object.entries(members).map(([name, value]) =>
    value === undefined ? { op: 'remove', path: '/' + name } : { op: 'replace', path: '/' + name, value: String(value) }),
})

/** connection calls the Management API: POST sends data, GET looks up, DELETE closes. */
export const connection = async (method, api, stage, id, data) =>
  decoded(await send(method, path`connections/${api}/${stage}/${id}`, { body: data, raw: true }))

/**
 * follow reads server-sent events of the control plane until signal is aborted, and comes back when the stream breaks.
 * told gets {event, data} for each; state gets 'open' and 'waiting'.
 */
export async function follow(of, { signal, told, state = () => {} }) {
  for (let pause = 500; !signal.aborted; pause = Math.min(pause * 2, 10000)) {
    try {
      const response = await send('GET', 'api' + of, { signal, background: true, headers: { Accept: 'text/event-stream' } })
      state('open')
      pause = 500
      await events(response.body.getReader(), told)
    } catch (err) {
      if (signal.aborted) return
      if (err instanceof Fault && err.status >= 400 && err.status < 500) throw err
    }
    state('waiting')
    await new Promise(done => { setTimeout(done, pause); signal.addEventListener('abort', done, { once: true }) })
  }
}

async function events(reader, told) {
  const decoder = new TextDecoder()
  for (let text = ''; ;) {
    const { value, done } = await reader.read()
    if (done) return
    text += decoder.decode(value, { stream: true })
    const parts = text.split('\n\n')
    text = parts.pop()
    for (const part of parts) {
      const event = { event: 'message', data: '' }
      for (const line of part.split('\n')) {
        if (line.startsWith('event: ')) event.event = line.slice(7)
        if (line.startsWith('data: ')) event.data += line.slice(6)
      }
      if (event.data) told(event)
    }
  }
}

/** session is who is signed in; signIn and signOut change it. */
export const session = {
  current: null,
  used: 0, // when somebody asked for something last
  /** load asks who is signed in; null: nobody is. */
  async load() { return (session.current = await decoded(await send('GET', 'session?quiet'))) },
  async signIn(key) {
    const { token: shown, ...said } = await decoded(await send('POST', 'session', { body: key }))
    localStorage.setItem(tokenKey, shown)
    return (session.current = said)
  },
  async signOut() {
    await send('DELETE', 'session')
    localStorage.removeItem(tokenKey)
    session.current = null
  },
}
