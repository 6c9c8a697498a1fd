// A conversation with an API: what was sent, what has come, how it began and ended.
import { h, append } from '../dom.js'
import { to } from '../router.js'
import { button, copied, details, empty, link, status, toast, bytes } from '../ui.js'
import { body, sizeOf } from './bodies.js'
import { clock } from './event_view.js'
import { closeMeaning, refusalMeaning } from './meanings.js'

const recent = 200 // entries that are shown unasked
const long = 4000 // characters of a message that are shown unasked

/** conversation shows the entries of a client; update() adds what is new, again() shows all anew. `raw()` says whether JSON stays as it came. */
export function conversation(client, { raw }) {
  const list = h('div', { class: 'talk-list' })
  const before = button('Show what was before', () => { whole = true; el.again(); el.scrollTop = 0 }, { kind: 'link' })
  const el = h('div', { class: 'talk', role: 'log', 'aria-label': 'Conversation', tabindex: '0' }, before, list)
  let last = 0, timer = 0, whole = false

  el.update = () => {
    timer = 0
    const { entries } = client
    const most = whole ? entries.length : recent
    const fresh = entries.filter(entry => entry.id > last).slice(-most)
    const below = el.scrollHeight - el.scrollTop - el.clientHeight < 60
    if (last === 0 || entries.length === 0) list.replaceChildren()
    if (entries.length === 0) append(list, [empty('Nothing said yet', 'Connect, and what you send and what comes back is here.')])
    else append(list, fresh.map(entry => shown(entry, raw())))
    last = entries.at(-1)?.id ?? 0
    while (entries.length > 0 && list.children.length > most) list.firstChild.remove()
    before.hidden = list.children.length >= entries.length
    if (below || fresh.some(entry => entry.kind === 'sent')) el.scrollTop = el.scrollHeight
  }
  el.soon = () => { timer ||= requestAnimationFrame(el.update) }
  el.again = () => { last = 0; el.update() }
  el.update()
  return el
}

const time = entry => h('time', { datetime: new Date(entry.time).toISOString() }, clock(entry.time))
const shown = (entry, raw) => h('div', { class: `talk-entry ${entry.kind}` }, kinds[entry.kind](entry, raw))
const line = (entry, ...content) => h('div', { class: 'talk-line' }, time(entry), content)

const kinds = {
  sent: (entry, raw) => message(entry, '↑', 'Sent', raw),
  received: (entry, raw) => message(entry, '↓', 'Received', raw),
  open: entry => [line(entry, status('good', 'Connected'), protocol(entry.headers)), headers('Headers of the answer', entry.headers)],
  refused: entry => [
    line(entry, status('bad', `Refused, ${entry.status}`), h('span', {}, refusalMeaning(entry.status))),
    entry.event && why(entry.event), entry.text && body(entry.text), headers('Headers of the answer', entry.headers),
  ],
  closed: entry => line(entry, status(entry.code === 1000 ? 'plain' : 'warn', `Closed, ${entry.code}`), entry.text && h('b', {}, entry.text), h('span', { class: 'about' }, closeMeaning(entry.code))),
  error: entry => line(entry, status('bad', 'Problem'), h('span', {}, entry.text)),
}

function message(entry, arrow, label, raw) {
  const size = entry.binary ? Math.floor(entry.text.replace(/=+$/, '').length * 3 / 4) : sizeOf(entry.text)
  const place = h('div', {})
  const whole = () => place.replaceChildren(body(entry.text, { raw }))
  if (entry.text.length <= long) whole()
  else append(place, [body(entry.text.slice(0, long) + '…', { raw: true }), button(`Show all ${bytes(size)}`, whole, { kind: 'link' })])
  return [
    line(entry, h('b', {}, h('span', { 'aria-hidden': 'true' }, arrow), ` ${label}`), h('span', { class: 'about' }, bytes(size)), entry.binary && h('span', { class: 'kind plain' }, 'binary, in base64'),
      button('', async () => { await navigator.clipboard.writeText(entry.text); toast('Copied.') }, { kind: 'plain small', icon: 'copy', title: 'Copy', 'aria-label': 'Copy the message' })),
    place,
  ]
}

// why is what the node knows of a refusal, and its client is not told.
function why(event) {
  const said = [event.error, event.authorizer?.error, event.integration?.error].find(Boolean)
  return h('p', { class: 'talk-why' }, h('b', {}, 'The node says: '), said ?? 'no more than that.', ' ', link('See it in the trace', `${to`/apis/${event.apiId}/trace`}?text=${encodeURIComponent(event.requestId)}`))
}

function protocol(given) {
  const name = Object.entries(given ?? {}).find(([key]) => key.toLowerCase() === 'sec-websocket-protocol')?.[1]
  return name && h('span', {}, 'Subprotocol ', copied(name))
}

const headers = (title, given) => Object.keys(given ?? {}).length > 0 && details(title, h('dl', { class: 'headers' }, Object.entries(given).map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))))
