// What has happened on an API lately. Its events are followed while a page of it is shown or a client of it is connected, so that who
// looks for what they have done finds it, though nobody looked when it was done.
import { follow, path } from '../api.js'
import { number } from '../ui.js'
import { keptLog } from './event_log.js'

const watches = new Map()

/** watched is the watch of an API: its log, how its stream is ('waiting' or 'open'), and the fault that keeps it from being followed. */
export function watched(api) {
  if (!watches.has(api)) watches.set(api, { api, log: keptLog(api), state: 'waiting', fault: null, holders: new Set(), told: new Set(), stop: null })
  return watches.get(api)
}

/** hold has an API followed until who holds it releases it. */
export function hold(api, who) {
  const watch = watched(api)
  watch.holders.add(who)
  if (!watch.stop && (!watch.fault || watch.fault.status === 401)) run(watch)
}

/** release ends that; the last one ends the stream. */
export function release(api, who) {
  const watch = watches.get(api)
  if (!watch?.holders.delete(who) || watch.holders.size > 0) return
  if (watch.stop) watch.log.left = Date.now()
  end(watch)
}

/** again follows an API that could not be followed. */
export function again(api) {
  const watch = watched(api)
  if (!watch.stop) run(watch)
}

/** listen calls fn with each event, and with nothing when something else has changed, until the signal is aborted. */
export function listen(api, fn, signal) {
  const { told } = watched(api)
  told.add(fn)
  signal.addEventListener('abort', () => told.delete(fn))
}

/** happened is the first event, of those that are known or come within a while, of which a test is true; undefined: there was none. */
export function happened(api, test, { within = 10000 } = {}) {
  const watch = watched(api)
  const known = watch.log.entries.findLast(entry => entry.event && test(entry.event))
  if (known) return Promise.resolve(known.event)
  const stop = new AbortController()
  return new Promise(done => {
    const timer = setTimeout(done, within)
    listen(api, event => { if (event && test(event)) { clearTimeout(timer); done(event) } }, stop.signal)
  }).finally(() => stop.abort())
}

function end(watch) {
  watch.stop?.abort()
  watch.stop = null
  watch.state = 'waiting'
}

const tell = (watch, event) => { for (const fn of [...watch.told]) fn(event) }
const clock = at => new Date(at).toLocaleTimeString(undefined, { hourCycle: 'h23' })

async function run(watch) {
  const { log } = watch
  const { signal } = watch.stop = new AbortController()
  let opened = false
  watch.fault = null
  log.away(from => `Nobody watched from ${clock(from)} on: what happened until now is not here.`)
  const told = ({ event, data }) => {
    if (signal.aborted) return
    const happened = event === 'missed' ? undefined : JSON.parse(data)
    if (happened) log.add(happened)
    else log.note(`${number(Number(data))} events came faster than they could be shown, and are not here.`)
    tell(watch, happened)
  }
  const state = now => {
    if (signal.aborted) return
    if (now === 'waiting' && opened) log.note('The stream broke: what happens until it is back is not here.')
    opened = now === 'open'
    watch.state = now
    tell(watch)
  }
  try { await follow(path`/gangway/apis/${watch.api}/tail`, { signal, told, state }) } catch (err) {
    if (signal.aborted) return
    end(watch)
    watch.fault = err
    tell(watch)
  }
}

addEventListener('signedout', () => {
  for (const watch of watches.values()) { watch.told.clear(); end(watch) }
  watches.clear()
})
