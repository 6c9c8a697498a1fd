// One client: where it connects and how, the conversation, and the box to write in.
import { h, replace, uid } from '../dom.js'
import { all } from '../api.js'
import { to } from '../router.js'
import { button, busy, status, copied, code, glyph, link } from '../ui.js'
import { input, choice, check, field, pairs } from '../form.js'
import { editor } from '../editor.js'
import { conversation } from './conversation.js'
import { size, sizeOf } from './bodies.js'
import { connect, disconnect, send, forget } from './clients.js'

const mostBytes = 128 * 1024 // "Quotas for configuring and running a WebSocket API" in the API Gateway developer guide

const states = {
  idle: ['plain', 'Not connected'], connecting: ['warn', 'Connecting …'], open: ['live', 'Connected'], closing: ['warn', 'Closing …'], closed: ['plain', 'Closed'], refused: ['bad', 'Refused'],
}

/** clientView shows a client; `endpoint` is the address of the API. Its redraw(what) is told what has changed, its fill(text) writes into the box. */
export function clientView(client, { stages, endpoint, keep, menu }) {
  const layout = setting('gangway-client-raw'), lines = setting('gangway-client-lines')
  const talk = conversation(client, { raw: () => layout.on })
  const wrap = check('JSON laid out', { checked: !layout.on })
  wrap.control.addEventListener('change', () => { layout.on = !wrap.control.checked; talk.again() })
  const box = sendBox(client, { lines, keep, tools: [wrap, button('Clear', () => forget(client), { kind: 'plain small', title: 'Empty the conversation' })] })
  const shake = handshake(client, () => drawAddress())
  const where = choice(stages, { value: client.stage, 'aria-label': 'Stage', class: 'stage-pick' })
  where.addEventListener('change', () => { client.stage = where.value; drawAddress() })
  // Parts of the head are changed, never replaced: who presses one while another changes has pressed it.
  const label = h('span', {})
  const play = glyph('play')
  const connects = h('button', { type: 'button', class: 'button connects' }, play, label)
  connects.addEventListener('click', () => busy(connects, () => held() ? disconnect(client) : connect(client)))
  const state = h('span', { role: 'status' }), at = h('span', { class: 'copied' }), who = h('span', { class: 'client-id' })
  const head = h('div', { class: 'client-head' }, h('div', { class: 'row' }, where, connects, state, menu), h('div', { class: 'row' }, at, who))
  const held = () => client.state === 'open' || client.state === 'connecting' || client.state === 'closing'

  const drawAddress = () => replace(at, copied(`${endpoint}/${client.stage}${client.path}`, { label: 'Copy the address' }))
  function drawHead() {
    const focused = document.activeElement === connects
    where.disabled = held()
    connects.classList.toggle('primary', !held())
    connects.disabled = client.state === 'closing'
    play.classList.toggle('gone', held())
    label.textContent = client.state === 'connecting' ? 'Cancel' : held() ? 'Disconnect' : client.entries.some(e => e.kind === 'open') ? 'Reconnect' : 'Connect'
    replace(state, status(...states[client.state]))
    replace(who, identity(client))
    drawAddress()
    box.allow(client.state === 'open')
    if (focused && client.state === 'open') box.focusText() // what one connects for
  }

  const root = h('div', { class: 'stack' },
    h('section', { class: 'section', 'aria-label': 'Connection' }, head, shake),
    h('section', { class: 'section talk-section', 'aria-label': 'Messages' }, talk, box))
  root.redraw = what => {
    if (what === 'state') drawHead()
    if (what === 'state' && client.state === 'open') shake.open = false
    if (what === 'all') talk.again()
    else talk.soon()
  }
  root.fill = box.fill
  drawHead()
  return root
}

// identity is the id of the connection, as far as it is known, with the ways to what is known of it.
function identity({ api, stage, connection }) {
  if (!connection) return null
  const one = to`/apis/${api}/connections/${connection}`
  return [h('span', { class: 'about' }, 'Connection '), link(code(connection), `${one}?stage=${encodeURIComponent(stage)}`, { title: 'Look at the connection' }), link('What happens on it', `${to`/apis/${api}/trace`}?text=${encodeURIComponent(connection)}`)]
}

// setting is a choice that the browser keeps.
function setting(key) {
  return { get on() { return localStorage.getItem(key) === 'yes' }, set on(value) { localStorage.setItem(key, value ? 'yes' : 'no') } }
}

// handshake edits what is sent with the handshake.
function handshake(client, changed) {
  const way = input({ value: client.path, placeholder: '?room=1', autocomplete: 'off', spellcheck: 'false' })
  const subprotocols = input({ value: client.subprotocols, placeholder: 'chat, superchat', autocomplete: 'off', spellcheck: 'false' })
  const headers = pairs(client.headers, { name: 'Header', of: 'Value', add: 'Add a header' })
  const sign = check('Sign with my access key', { checked: client.sign, hint: 'Signature version 4, for routes with the authorization AWS_IAM.' })
  const keys = h('datalist', { id: uid('keys') })
  const key = input({ value: client.apiKey, list: keys.id, placeholder: 'None', autocomplete: 'off', spellcheck: 'false' })
  const summary = h('summary', {})
  const pathField = field({ label: 'Path and query', control: way, hint: 'What follows the stage: it begins with / or ?, percent-encoded.' })
  const keep = () => {
    client.path = way.value.trim()
    client.subprotocols = subprotocols.value
    client.headers = headers.value
    client.sign = sign.control.checked
    client.apiKey = key.value.trim()
    pathField.fault(client.path && !/^[/?][^\s#]*$/.test(client.path) ? 'Begin with / or ?, without spaces or #.' : '')
    const count = Object.keys(client.headers).length
    const has = [client.path && 'path', count > 0 && `${count} ${count === 1 ? 'header' : 'headers'}`, client.subprotocols.trim() && 'subprotocols', client.apiKey && 'API key', client.sign && 'signed'].filter(Boolean)
    replace(summary, has.length > 0 ? `Handshake: ${has.join(', ')}` : 'Path, headers, subprotocols, API key, signature')
  }
  const el = h('details', {}, summary, h('div', { class: 'form' }, h('div', { class: 'form-grid' }, pathField, field({ label: 'Subprotocols', control: subprotocols, hint: 'Names with commas between them, the one you like best first.' })),
    h('div', { class: 'field' }, h('span', { class: 'label' }, 'Headers'), headers, h('p', { class: 'hint' }, 'Any, Authorization and Origin too. They are sent by the node, as by a client that is no browser.')),
    field({ label: 'API key', control: key, hint: 'Sent as the header x-api-key, for routes that ask for one. Choose one of this node, or type another.' }), keys, sign,
    h('p', { class: 'hint' }, 'What you change here counts from the next connection on.')))
  el.addEventListener('toggle', () => { if (el.open && !keys.firstChild) all('/apikeys?includeValues=true').then(list => replace(keys, list.map(k => h('option', { value: k.value, label: k.name })))).catch(() => {}) }) // who may not see keys types one
  const later = () => { keep(); changed() }
  for (const name of ['input', 'change', 'click']) el.addEventListener(name, name === 'click' ? keep : later)
  keep()
  return el
}

// sendBox is where messages are written.
function sendBox(client, { lines, keep, tools }) {
  const text = editor({ value: client.draft, language: 'json', label: 'Message', lines: 3, onChange: value => { client.draft = value; drawSize() } })
  const facts = h('span', { class: 'about small' })
  const quick = check('Enter sends', { checked: !lines.on, title: 'Shift+Enter makes a line; the arrow up brings back what was sent' })
  quick.control.addEventListener('change', () => { lines.on = !quick.control.checked })
  const go = button('Send', () => submit(), { kind: 'primary', icon: 'send', title: 'Ctrl+Enter' })
  const write = value => { text.value = value; client.draft = value; drawSize() }
  let back = 0 // how far back in what was sent

  function submit() {
    if (!send(client, text.value)) return
    back = 0
    write('')
    text.control.focus()
  }
  function drawSize() {
    const count = sizeOf(client.draft)
    facts.className = count > mostBytes ? 'fault' : 'about small'
    facts.textContent = count === 0 ? '' : count > mostBytes ? `${size(client.draft)}: an API takes 128 KB at most` : size(client.draft)
  }
  function recall(step) {
    const next = Math.max(0, Math.min(client.history.length, back + step))
    if (next === back) return
    back = next
    write(back === 0 ? '' : client.history.at(-back))
  }
  text.control.addEventListener('keydown', event => {
    if (event.isComposing) return
    const recalled = back > 0 && text.value === client.history.at(-back)
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey || quick.control.checked && !event.shiftKey && !event.altKey)) { event.preventDefault(); submit() }
    if (event.key === 'ArrowUp' && (text.value === '' || recalled)) { event.preventDefault(); recall(1) }
    if (event.key === 'ArrowDown' && recalled) { event.preventDefault(); recall(-1) }
  })
  const el = h('div', { class: 'stack send-box' }, text,
    h('div', { class: 'row send-row' }, go, button('Keep', () => keep(text.value), { kind: 'plain', title: 'Keep this message for later' }), facts,
      h('span', { class: 'send-hints' }, quick, tools)))
  el.allow = can => { go.disabled = !can; go.title = can ? 'Ctrl+Enter' : 'Connect first' }
  el.focusText = () => text.control.focus({ preventScroll: true })
  el.fill = value => { write(value); text.control.focus() }
  drawSize()
  return el
}

/** dot is the state of a client as a mark on its tab, with words for those who do not see it. */
export const dot = client => [h('span', { class: `lamp ${states[client.state][0]}`, title: states[client.state][1] }), h('span', { class: 'sr' }, `${states[client.state][1]}: `)]

/** cross closes a tab with the mouse; the keyboard has Delete. */
export const cross = does => h('button', { type: 'button', class: 'tab-close', tabindex: '-1', 'aria-hidden': 'true', title: 'Close (Delete)', onclick: does }, glyph('close'))
