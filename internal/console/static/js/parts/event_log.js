// The latest events of an API, and the lines that functions have written, each below the event that the function was called for.

/** most is how many entries are kept. */
export const most = 1000

const mostLines = 500

/**
 * eventLog keeps entries, oldest first: { event, lines } is an event; { line } is a line whose event has not been told of yet, as it is told of when
 * all of it is done; { note } is something about the stream itself.
 */
export function eventLog() {
  const log = { entries: [], left: null }
  let known = new Map(), early = new Map() // by the request id of the event

  const put = entry => {
    log.entries.push(entry)
    if (log.entries.length > most) forget(log.entries.shift())
    return entry
  }
  const forget = entry => {
    if (entry.event) known.delete(entry.event.requestId)
    if (entry.line) early.delete(cause(entry.line))
  }

  log.add = event => {
    if (event.type === 'LOG') return line(event)
    const lines = early.get(event.requestId) ?? []
    if (lines.length > 0) {
      early.delete(event.requestId)
      log.entries = log.entries.filter(entry => !entry.line || cause(entry.line) !== event.requestId)
    }
    const entry = put({ event, lines })
    if (event.requestId) known.set(event.requestId, entry)
  }

  function line(event) {
    const of = known.get(cause(event))
    const lines = of ? of.lines : early.get(cause(event)) ?? []
    if (lines.length < mostLines) lines.push(event)
    if (of) return
    early.set(cause(event), lines)
    put({ line: event })
  }

  log.note = text => put({ note: text, time: new Date().toISOString() })

  // away says that nobody has watched since log.left; if nothing has been seen since the last such absence, they are one.
  log.away = say => {
    const last = log.entries.at(-1)
    const from = last?.from ?? log.left
    if (last?.from) log.entries.pop()
    if (log.left && log.entries.length > 0) put({ note: say(from), time: new Date().toISOString(), from })
    log.left = null
  }
  log.clear = () => { log.entries = []; known = new Map(); early = new Map() }
  return log
}

const cause = line => line.eventRequestId || line.requestId

const kept = new Map()

/** keptLog is the log of an API that stays while other pages are looked at. */
export function keptLog(api) {
  if (!kept.has(api)) kept.set(api, eventLog())
  return kept.get(api)
}

addEventListener('signedout', () => kept.clear())

/** failed says whether something went wrong with an event. */
export const failed = event => event.status >= 400 || Boolean(event.error || event.errorMessage)

/** textOf is what of an entry is searched. */
export function textOf({ event, line, lines = [] }) {
  const { authorizer: a, integration: i, ...rest } = event ?? line
  return [...Object.values(rest), ...Object.values(a ?? {}), ...Object.values(i ?? {}).flat(), ...lines.map(l => l.line)].join('\n').toLowerCase()
}
