// One event, step by step: what came, which route was selected, who was asked on the way and what they said, what the client was told.
import { h } from '../dom.js'
import { to } from '../router.js'
import { button, status, code, copied, millis, link, toast, details } from '../ui.js'
import { body, isWhole, size } from './bodies.js'
import { closeMeaning } from './meanings.js'
import { failed } from './event_log.js'

const names = { CONNECT: 'Handshake', MESSAGE: 'Message', DISCONNECT: 'Disconnect', PUSH: 'Push by a backend', LOG: 'Line of a function' }

/** kind is how a status is shown. */
export const kind = event => failed(event) ? 'bad' : 'good'

/**
 * eventView shows an entry of the log: `selection` is the route selection expression of the API, `again` (if it can be done) gets
 * the event to send its message once more.
 */
export function eventView({ api, entry, selection, again, close }) {
  const event = entry.event ?? entry.line
  const el = h('section', { class: 'section event', 'aria-label': 'Event' },
    h('header', { class: 'section-head' },
      h('div', {}, h('h2', { tabindex: '-1' }, names[event.type] ?? event.type, ' ', event.routeKey && code(event.routeKey))),
      h('div', { class: 'actions' },
        again && event.type === 'MESSAGE' && isWhole(event.message ?? '') && button('Test this again', () => again(event), { kind: 'small', icon: 'play' }),
        button('', async () => { await navigator.clipboard.writeText(JSON.stringify(event, null, 2)); toast('Copied.') }, { kind: 'plain small', icon: 'copy', title: 'Copy the event as JSON', 'aria-label': 'Copy the event as JSON' }),
        button('', close, { kind: 'plain small', icon: 'close', title: 'Close (Escape)', 'aria-label': 'Close the event' }))),
    h('dl', { class: 'event-facts' },
      fact('At', h('time', { datetime: event.time }, clock(event.time))), fact('Stage', event.stage),
      fact('Connection', event.connectionId && link(code(event.connectionId), `${to`/apis/${api}/connections/${event.connectionId}`}?stage=${encodeURIComponent(event.stage)}`)),
      fact('Request', event.requestId && copied(event.requestId))),
    event.type === 'LOG' ? lineList([event]) : [spent(event), h('ol', { class: 'walk' }, stepsOf(event, entry.lines, selection))])
  el.addEventListener('keydown', pressed => { if (pressed.key === 'Escape') { pressed.stopPropagation(); close() } })
  return el
}

/** clock is a time of day to the millisecond. */
export const clock = time => new Date(time).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hourCycle: 'h23' })

const fact = (name, value) => value && h('div', {}, h('dt', {}, name), h('dd', {}, value))

// spent is where the time went: a bar, and the same in words.
function spent(event) {
  const parts = [['Authorizer', event.authorizer?.latencyMillis, 's3'], ['Integration', event.integration?.latencyMillis, 's2']].filter(([, ms]) => ms > 0)
  const rest = event.latencyMillis - parts.reduce((n, [, ms]) => n + ms, 0)
  parts.push(['Gateway', Math.max(0, rest), 's1'])
  const whole = parts.reduce((n, [, ms]) => n + ms, 0)
  return h('div', { class: 'spent' }, h('div', { class: 'spent-bar', 'aria-hidden': 'true' }, parts.map(([, ms, colour]) => h('i', { style: { flexGrow: String(ms / (whole || 1)), background: `var(--${colour})` } }))),
    h('div', { class: 'legend' }, h('span', {}, 'In all', h('b', {}, millis(event.latencyMillis))),
      parts.map(([name, ms, colour]) => h('span', {}, h('i', { style: { background: `var(--${colour})` } }), name, h('b', {}, millis(ms))))))
}

const step = (title, mark, ...content) => h('li', { class: mark }, h('h3', {}, title), content)

function stepsOf(event, lines, selection) {
  return [
    came(event), event.type === 'MESSAGE' && selected(event, selection), event.authorizer && authorized(event.authorizer), event.integration && integrated(event.integration, event.message),
    lines.length > 0 && step(`Written by ${functionsOf(lines)}`, 'plain', lineList(lines)), ended(event),
  ]
}

const functionsOf = lines => [...new Set(lines.map(line => line.functionName))].join(', ') || 'the function'

function came(event) {
  if (event.type === 'CONNECT') return step('The client asked to connect', 'plain', event.sourceIp && h('p', { class: 'about' }, 'From ', code(event.sourceIp)))
  if (event.type === 'DISCONNECT') {
    return step('The connection was closed', 'plain', event.closeStatus && h('p', {}, h('b', {}, event.closeStatus), ` ${event.closeReason || closeMeaning(event.closeStatus)}`),
      event.closeReason && h('p', { class: 'about' }, closeMeaning(event.closeStatus)))
  }
  if (event.type === 'PUSH') return step(event.routeKey ?? 'A call of @connections', 'plain', text(event.message))
  return step('The client sent', 'plain', text(event.message, 'An empty message'))
}

const text = (value, none) => value ? [h('p', { class: 'about small' }, size(value)), body(value)] : none && h('p', { class: 'about' }, none)

function selected(event, selection) {
  const expression = selection ? code(selection) : 'The route selection expression'
  if (!event.selection) return step('Route', event.routeKey ? 'good' : 'bad', h('p', {}, expression, ' came to nothing', event.routeKey ? [', so it is ', code(event.routeKey)] : ', and there is no $default'))
  const other = event.selection !== event.routeKey
  return step('Route', event.routeKey ? 'good' : 'bad', h('p', {}, expression, ' came to ', code(event.selection),
    other && event.routeKey && [', which no route is for: ', code(event.routeKey)], other && !event.routeKey && ', which no route is for, and there is no $default'))
}

const said = (answered, wrong) => h('div', { class: 'row' }, answered.status > 0 && status(wrong ? 'bad' : 'good', String(answered.status)), h('span', { class: 'about' }, `after ${millis(answered.latencyMillis)}`))

function authorized(step_) {
  const wrong = step_.status >= 400 || Boolean(step_.error)
  return step('Authorizer', wrong ? 'bad' : 'good', said(step_, wrong), step_.error && h('p', { class: 'fault' }, step_.error))
}

function integrated(asked, message) {
  const wrong = asked.status >= 400 || Boolean(asked.error)
  return step('Integration', wrong ? 'bad' : 'good',
    (asked.method || asked.uri) && h('p', { class: 'wrap' }, asked.method && [h('b', {}, asked.method), ' '], asked.uri && code(asked.uri)),
    asked.header?.length > 0 && details(`${asked.header.length} headers`, h('dl', { class: 'headers' }, asked.header.map(line => {
      const at = line.indexOf(':')
      return h('div', {}, h('dt', {}, line.slice(0, at)), h('dd', {}, line.slice(at + 1).trim()))
    }))),
    asked.body && (asked.body === message ? h('p', { class: 'about small' }, `Request, ${size(asked.body)}: the message as it came`) : [h('p', { class: 'about small' }, `Request, ${size(asked.body)}`), body(asked.body)]),
    said(asked, wrong), asked.response && [h('p', { class: 'about small' }, `Response, ${size(asked.response)}`), body(asked.response)],
    asked.error && h('p', { class: 'fault' }, asked.error))
}

function ended(event) {
  const wrong = failed(event)
  const title = { CONNECT: wrong ? 'The handshake was refused' : 'The connection is open', DISCONNECT: 'Done', PUSH: wrong ? 'Not delivered' : 'Delivered' }[event.type] ??
    (event.reply || event.errorMessage ? 'The client was told' : 'The client was told nothing')
  return step(title, wrong ? 'bad' : 'good',
    event.status > 0 && h('p', {}, status(kind(event), String(event.status))),
    event.errorMessage && h('p', { class: 'fault' }, event.errorMessage),
    event.reply && (event.reply === event.integration?.response ? h('p', { class: 'about small' }, `${size(event.reply)}: what the integration answered, as it is`) : [h('p', { class: 'about small' }, size(event.reply)), body(event.reply)]),
    event.error && !repeats(event) && h('p', { class: 'fault' }, event.error),
    !wrong && event.type === 'MESSAGE' && !event.reply && h('p', { class: 'about' }, 'The route has no response for its messages.'))
}

// repeats says whether the error of an event is that of a step, and so has been told.
const repeats = ({ error, authorizer, integration }) => [authorizer?.error, integration?.error].some(told => told && error.endsWith(told))

// brief is a line without the time and the request id that Lambda's runtimes put in front.
const brief = line => line.replace(/^[\d-]+T[\d:.]+Z\t[0-9a-f-]{36}\t/, '').replace(/\t/g, '  ').replace(/\n?$/, '\n')

// lineList are lines of functions; those of what runs it stand back.
const lineList = lines => h('pre', { class: 'output', tabindex: '0' }, lines.map(line => h('span', { class: line.platform ? 't-note' : undefined }, brief(line.line ?? ''))))
