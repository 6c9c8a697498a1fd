// A list of events as they come, newest on top, with filters, and beside it the one that is looked at.
import { h, replace } from '../dom.js'
import { empty, number, status, millis, code } from '../ui.js'
import { choice, input, check } from '../form.js'
import { eventView, kind, clock } from './event_view.js'
import { failed, textOf, most } from './event_log.js'

const types = ['CONNECT', 'MESSAGE', 'DISCONNECT', 'PUSH', 'LOG']
const coming = 120 // milliseconds between two drawings, so that a thousand events a second are few

/**
 * eventList shows a log. `controls` are elements beside the filters, `none` is there where nothing is, `words` what is searched for
 * at first, `errors` whether for errors alone, `view` what eventView needs besides the entry. Its changed() draws soon, its draw() at once; while `held`, it stays as it is.
 */
export function eventList({ log, controls = [], none, words = '', errors = false, view, connection = true }) {
  const rows = new WeakMap()
  const type = choice([{ value: '', label: 'All events' }, ...types.map(value => ({ value, label: value }))], { 'aria-label': 'Type of event' })
  const only = check('Errors only', { checked: errors })
  const search = input({ type: 'search', class: 'search', placeholder: 'Route, text, connection', 'aria-label': 'Search the events', 'data-search': true, value: words })
  const body = h('tbody')
  const scroll = h('div', { class: 'table-scroll trace-list' }, h('table', { class: `trace ${connection ? '' : 'alone'}`, 'aria-label': 'Events' },
    h('thead', {}, h('tr', {}, ['Time', 'Type', 'Stage', 'Route', connection && 'Connection', 'Status', 'Took', 'What'].filter(Boolean).map(name => h('th', { scope: 'col', class: name === 'Took' ? 'right' : undefined }, name)))), body))
  const foot = h('p', { class: 'about small' })
  const nothing = h('div', {})
  const pane = h('div', { class: 'trace-pane' })
  const both = h('div', { class: 'trace-both' }, h('div', { class: 'stack' }, scroll, nothing, foot), pane)
  const root = h('div', { class: 'stack' }, h('div', { class: 'trace-bar' }, h('div', { class: 'row' }, type, search, only), h('div', { class: 'row' }, controls)), both)
  let chosen = null, timer = 0

  function wanted(entry) {
    if (entry.note) return true
    const event = entry.event ?? entry.line
    if (type.value && event.type !== type.value && !(type.value === 'LOG' && entry.lines?.length > 0)) return false
    if (only.control.checked && (entry.line || !failed(event))) return false
    return search.value.trim() === '' || textOf(entry).includes(search.value.trim().toLowerCase())
  }

  root.draw = () => {
    clearTimeout(timer)
    timer = 0
    const shown = log.entries.filter(wanted).reverse()
    sync(body, shown.map(rowOf))
    const any = shown.some(entry => !entry.note)
    scroll.hidden = shown.length === 0
    replace(nothing, any ? null : log.entries.some(entry => !entry.note) ? empty('Nothing matches', `None of the latest ${number(log.entries.length)} events is as asked for.`) : none)
    replace(foot, log.entries.length === 0 ? '' : `${number(shown.length)} of the latest ${number(log.entries.length)}${log.entries.length === most ? ', older ones are forgotten' : ''}`)
    if (body.querySelector('tr[tabindex="0"]') === null) body.querySelector('tr.opens')?.setAttribute('tabindex', '0')
  }
  root.changed = () => { timer ||= setTimeout(root.draw, coming) }

  function rowOf(entry) {
    const made = rows.get(entry)
    const lines = entry.lines?.length ?? 0
    if (made?.lines === lines) return made.el
    rows.set(entry, { el: made?.el ?? row(entry), lines })
    const { el } = rows.get(entry)
    if (!entry.note) replace(el, cells(entry, connection))
    if (made && chosen === entry) show(entry) // a function has written another line
    return el
  }

  function row(entry) {
    if (entry.note) return h('tr', { class: 'trace-note' }, h('td', {}, clock(entry.time)), h('td', {}, entry.note), Array.from({ length: connection ? 6 : 5 }, () => h('td')))
    const el = h('tr', { class: 'opens', tabindex: '-1' })
    el.addEventListener('click', event => { if (!event.target.closest('a')) open(entry, el) })
    el.addEventListener('keydown', event => pressed(event, entry, el))
    el.entry = entry
    return el
  }

  function open(entry, el) {
    for (const other of body.querySelectorAll('[aria-current]')) other.removeAttribute('aria-current')
    for (const other of body.querySelectorAll('tr[tabindex="0"]')) other.tabIndex = -1
    chosen = entry
    el.setAttribute('aria-current', 'true')
    el.tabIndex = 0
    show(entry)
  }
  const show = entry => { both.classList.add('open'); replace(pane, eventView({ ...view, entry, close: shut })); pane.scrollIntoView({ block: 'nearest' }) }

  function shut() {
    both.classList.remove('open')
    replace(pane)
    chosen = null
    const el = body.querySelector('[aria-current]')
    el?.removeAttribute('aria-current')
    el?.focus()
  }
  root.shut = shut

  function pressed(event, entry, el) {
    if (event.target !== el) return
    if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); open(entry, el); pane.querySelector('h2')?.focus({ preventScroll: true }) }
    if (event.key === 'Escape' && chosen) shut()
    const next = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key]
    if (!next) return
    event.preventDefault()
    let to = el[next]
    while (to && !to.classList.contains('opens')) to = to[next]
    if (!to) return
    el.tabIndex = -1
    to.tabIndex = 0
    to.focus()
    if (chosen) open(to.entry, to)
  }

  for (const el of [type, only.control]) el.addEventListener('change', root.draw)
  search.addEventListener('input', root.changed)
  root.draw()
  return root
}

// sync makes the children of an element be some rows, and touches no more of them than it must: the rest keeps focus and selection.
function sync(parent, rows) {
  const stay = new Set(rows)
  for (const el of [...parent.children]) if (!stay.has(el)) el.remove()
  let at = parent.firstChild
  for (const el of rows) {
    if (el === at) at = at.nextSibling
    else parent.insertBefore(el, at)
  }
}

const shades = { CONNECT: 'good', DISCONNECT: 'warn', PUSH: 'info', MESSAGE: 'plain', LOG: 'plain' }

function cells(entry, connection) {
  const event = entry.event ?? entry.line
  const log = Boolean(entry.line)
  return [
    h('td', {}, h('time', { datetime: event.time }, clock(event.time))), h('td', {}, h('span', { class: `kind ${shades[event.type] ?? 'plain'}` }, event.type)),
    h('td', {}, event.stage), h('td', {}, log ? event.functionName : event.routeKey && code(event.routeKey)), connection && h('td', {}, code(event.connectionId ?? '')),
    h('td', {}, !log && event.status > 0 && status(kind(event), String(event.status))), h('td', { class: 'right' }, log ? '' : millis(event.latencyMillis)),
    h('td', { class: failed(event) ? 'what bad' : 'what' }, entry.lines?.length > 0 && h('span', { class: 'kind plain' }, entry.lines.length === 1 ? '1 line' : `${entry.lines.length} lines`), summary(event, log)),
  ]
}

// summary is what of an event is worth a look at first.
function summary(event, log) {
  const text = log ? event.line : event.error || event.errorMessage || (event.type === 'DISCONNECT' ? `${event.closeStatus ?? ''} ${event.closeReason ?? ''}` : event.type === 'CONNECT' ? `from ${event.sourceIp ?? ''}` : event.reply ? `${event.message} → ${event.reply}` : event.message)
  return (text ?? '').slice(0, 300)
}
