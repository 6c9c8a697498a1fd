// What pages are put together from: headings, buttons, menus, tabs, notices, small ways to show a value.
import { h, append, replace, uid } from './dom.js'

/** button does something: button('Save', save, { kind: 'primary' }). Kinds: primary, danger, plain, link. A promise it returns is waited for. */
export function button(label, does, { kind = '', icon, title, disabled, ...rest } = {}) {
  const el = h('button', { type: 'button', class: `button ${kind}`, title, disabled, ...rest }, icon && glyph(icon), label && h('span', {}, label))
  if (does) el.addEventListener('click', event => busy(el, () => does(event)))
  return el
}

/** busy keeps an element from being used until work is done. What may not be done is said beside it, other trouble in a toast. */
export async function busy(el, work) {
  if (el.getAttribute('aria-busy') === 'true') return
  hush(el)
  const waiting = work()
  if (!(waiting instanceof Promise)) return
  el.setAttribute('aria-busy', 'true')
  try { await waiting } catch (err) { if (err.name !== 'AbortError') beside(el, err) } finally { el.removeAttribute('aria-busy') }
}

const around = el => el.closest('.actions, .row, .check, td') ?? el
const hush = el => { const place = around(el); for (const old of [place.nextElementSibling, ...place.children]) if (old?.matches('.beside')) old.remove() }

/** beside says at a control what went wrong with it: whoever may not do something sees where. */
export function beside(el, err) {
  hush(el)
  if (err.status !== 403 || !el.isConnected) { toast(plainly(err), 'bad'); return }
  const place = around(el)
  const said = h('p', { class: 'fault beside', role: 'alert', title: err.message }, plainly(err))
  if (place.matches('td')) place.append(said)
  else place.after(said)
}

/** plainly is what an error says; a refusal in words for people, without the ARN of who they are. */
export function plainly(err) {
  const [, action, resource] = err.message.match(/not authorized to perform: (\S+)(?: on resource: (\S+))?/) ?? []
  return action ? `You may not do this: it takes the permission ${action}${resource ? ` on ${resource.replace(/^arn:[^/]*:(?=\/)/, '')}` : ''}.` : err.message
}

/** link leads to another page of the console. */
export const link = (label, address, props = {}) => h('a', { href: '#' + address, ...props }, label)

const glyphs = {
  plus: 'M8 3v10M3 8h10', close: 'M4 4l8 8M12 4l-8 8', more: 'M4 6l4 4 4-4', copy: 'M6 3h7v8M3 6h7v7H3z', check: 'M3 8l4 4 6-8', search: 'M7 3a4 4 0 1 0 0 8 4 4 0 0 0 0-8M10 10l3 3',
  play: 'M5 3l8 5-8 5z', stop: 'M4 4h8v8H4z', trash: 'M3 5h10M6 5V3h4v2M5 5l1 8h4l1-8', edit: 'M3 13l1-3 7-7 2 2-7 7z', refresh: 'M13 8a5 5 0 1 1-2-4M13 2v3h-3', send: 'M2 8l12-5-4 11-3-5z',
  warn: 'M8 2l7 12H1zM8 6v4M8 12v.5', info: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12M8 7v4M8 5v.5', next: 'M6 3l5 5-5 5', menu: 'M2 4h12M2 8h12M2 12h12', out: 'M6 3H3v10h3M7 8h7M11 5l3 3-3 3', up: 'M8 13V3M4 7l4-4 4 4',
}

/** glyph is a small picture that goes with a text; alone it needs a title on what it stands in. */
export const glyph = name => h('svg', { viewBox: '0 0 16 16', class: 'glyph', 'aria-hidden': 'true' }, h('path', { d: glyphs[name] }))

/** page is the frame of a page: its title, what it says of itself, what one can do, and its content. */
export function page({ title, about, actions = [], badge }, ...content) {
  return h('div', { class: 'page' },
    h('header', { class: 'page-head' },
      h('div', {}, h('h1', { tabindex: '-1' }, title, badge && ' ', badge), about && h('p', { class: 'about' }, about)),
      h('div', { class: 'actions' }, actions)),
    content)
}

/** section is a part of a page with a heading of its own. */
export const section = ({ title, about, actions = [], id }, ...content) => h('section', { class: 'section', id },
  title && h('header', { class: 'section-head' }, h('div', {}, h('h2', {}, title), about && h('p', { class: 'about' }, about)), h('div', { class: 'actions' }, actions)),
  content)

/** status says how something is: good, bad, warn, plain, live. It is never told by the colour alone. */
export const status = (kind, text) => h('span', { class: `status ${kind}` }, text)

/** code is something that a machine says: an id, a key, an expression. */
export const code = text => h('code', {}, typeof text === 'string' ? breakable(text) : text)

// breakable is a text that is broken, where it must be, behind a mark rather than within a word.
const breakable = text => text.length < 16 ? text : text.split(/(?<=[/?&:=,.])(?=\w)/).flatMap((part, i) => i > 0 ? [h('wbr'), part] : part)

/** id is a code that stays in one line. */
export const id = text => h('code', { class: 'id' }, text)

/** copied is a value with a button that copies it. */
export function copied(text, { label = 'Copy' } = {}) {
  const control = button('', async () => {
    await navigator.clipboard.writeText(text)
    toast('Copied.')
  }, { kind: 'plain small', icon: 'copy', title: label, 'aria-label': `${label}: ${text}` })
  return h('span', { class: 'copied' }, code(text), control)
}

/** facts is a list of names and values. */
export const facts = pairs => h('dl', { class: 'facts' }, Object.entries(pairs).filter(([, v]) => v !== undefined && v !== null && v !== '')
  .map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))))

/** empty is what is there where nothing is: why, and what to do about it. */
export const empty = (title, text, ...actions) => h('div', { class: 'empty' }, h('h3', {}, title), text && h('p', {}, text), h('div', { class: 'actions' }, actions))

/** notice says something that concerns the page. */
export const notice = (kind, ...content) => h('div', { class: `notice ${kind}`, role: kind === 'bad' ? 'alert' : 'note' }, glyph(kind === 'good' ? 'check' : kind === 'plain' ? 'info' : 'warn'), h('div', {}, content))

/** problem is an error in the place of what could not be shown. */
export function problem(err, again) {
  const title = err.status === 403 ? 'You may not see this' : err.status === 404 ? 'Not found' : err.status === 0 ? 'No answer' : 'That did not work'
  return h('div', { class: 'empty problem', role: 'alert' }, h('h3', {}, title), h('p', { title: err.message }, plainly(err)),
    err.type && h('p', { class: 'about' }, code(err.type), err.status ? ` ${err.status}` : ''), again && h('div', { class: 'actions' }, button('Try again', again, { icon: 'refresh' })))
}

/** loading is there while something comes. */
export const loading = (label = 'Loading') => h('div', { class: 'loading', role: 'status' }, h('span', { class: 'spinner', 'aria-hidden': 'true' }), `${label} …`)

/** later shows a placeholder, then what comes of a promise, or the problem with it. */
export function later(make, { signal, label } = {}) {
  const place = h('div', { class: 'later' }, loading(label))
  const run = async () => {
    try {
      const made = await make()
      if (!signal?.aborted) replace(place, made)
    } catch (err) {
      if (!signal?.aborted && err.name !== 'AbortError') replace(place, problem(err, () => { replace(place, loading(label)); return run() }))
    }
  }
  run()
  return place
}

/** toast says something for a moment; what has gone wrong stays until it is closed, or another page is shown. */
export function toast(text, kind = 'good') {
  if (kind !== 'bad') for (const old of document.querySelectorAll('.toast:not(.bad)')) old.remove()
  const el = h('div', { class: `toast ${kind}` }, glyph(kind === 'bad' ? 'warn' : 'check'), h('span', {}, text),
    button('', () => el.remove(), { kind: 'plain small', icon: 'close', 'aria-label': 'Close' }))
  if (kind === 'bad') el.setAttribute('role', 'alert')
  el.since = performance.now()
  document.getElementById('toasts').append(el)
  if (kind !== 'bad') setTimeout(() => el.remove(), 3000)
}

// What is said together with a change of the page is of the new one.
addEventListener('hashchange', () => { for (const el of document.querySelectorAll('.toast')) if (performance.now() - el.since > 500) el.remove() })

/** menu is a button that opens a list of actions: menu('Actions', [{ label, does, kind, disabled }, null]); null is a line. */
export function menu(label, items, { kind = '', icon = 'more', ...rest } = {}) {
  const id = uid('menu')
  const list = h('div', { class: 'menu-list', role: 'menu', id, hidden: true })
  const opener = h('button', { type: 'button', class: `button ${kind}`, 'aria-haspopup': 'menu', 'aria-expanded': 'false', 'aria-controls': id, ...rest },
    label && h('span', {}, label), glyph(icon))
  const show = open => {
    list.hidden = !open
    opener.setAttribute('aria-expanded', String(open))
    if (open) (list.querySelector('[role=menuitem]:not([disabled])') ?? list).focus()
  }
  const move = step => {
    const all = [...list.querySelectorAll('[role=menuitem]:not([disabled])')]
    all[(all.indexOf(document.activeElement) + step + all.length) % all.length]?.focus()
  }
  for (const item of items) {
    if (item === null) { list.append(h('hr')); continue }
    const el = h('button', { type: 'button', role: 'menuitem', tabindex: '-1', class: item.kind, disabled: item.disabled, title: item.title }, item.label)
    el.addEventListener('click', () => { show(false); opener.focus(); busy(opener, () => item.does()) })
    list.append(el)
  }
  opener.addEventListener('click', () => show(list.hidden))
  opener.addEventListener('keydown', event => { if (event.key === 'ArrowDown') { event.preventDefault(); show(true) } })
  list.addEventListener('keydown', event => {
    const steps = { ArrowDown: 1, ArrowUp: -1 }
    if (steps[event.key]) { event.preventDefault(); move(steps[event.key]) }
    if (event.key === 'Escape') { event.stopPropagation(); show(false); opener.focus() }
    if (event.key === 'Tab') show(false)
  })
  const root = h('div', { class: 'menu' }, opener, list)
  root.addEventListener('focusout', event => { if (!root.contains(event.relatedTarget)) show(false) })
  return root
}

/** tabs shows one of several panels: tabs([{ id, label, show: () => element }], { chosen, onChoose }). */
export function tabs(list, { chosen = list[0].id, label, onChoose = () => {} } = {}) {
  const panel = h('div', { role: 'tabpanel', class: 'tab-panel', tabindex: '0' })
  const bar = h('div', { role: 'tablist', class: 'tabs', 'aria-label': label })
  const choose = id => {
    for (const [i, el] of [...bar.children].entries()) {
      const mine = list[i].id === id
      el.setAttribute('aria-selected', String(mine))
      el.tabIndex = mine ? 0 : -1
      if (mine) panel.setAttribute('aria-labelledby', el.id)
    }
    replace(panel, list.find(t => t.id === id).show())
    onChoose(id)
  }
  for (const tab of list) bar.append(h('button', { type: 'button', role: 'tab', id: uid('tab'), 'data-leaves': true, onclick: event => { choose(tab.id); event.currentTarget.focus() } }, tab.label))
  bar.addEventListener('keydown', event => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (!step) return
    const at = list.findIndex((_, i) => bar.children[i].getAttribute('aria-selected') === 'true')
    bar.children[(at + step + list.length) % list.length].click() // who leaves what was typed is asked, as with the mouse
  })
  choose(list.some(t => t.id === chosen) ? chosen : list[0].id)
  return h('div', {}, bar, panel)
}

/** details is something that is looked at when asked for. */
export const details = (summary, ...content) => h('details', {}, h('summary', {}, summary), content)

/** pre is a text as it stands. */
export const pre = (text, props) => h('pre', { tabindex: '0', ...props }, text)

/** json is a value, readable. */
export const json = value => pre(JSON.stringify(value, null, 2))

const when = new Intl.DateTimeFormat(undefined, { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })

/** time is a moment, in the reader's zone, with how long ago it was. */
export function time(value) {
  if (!value) return h('span', { class: 'about' }, '–')
  const date = new Date(typeof value === 'number' ? value * 1000 : value)
  return h('time', { datetime: date.toISOString(), title: date.toISOString() }, when.format(date))
}

/** ago is how long ago something was. */
export function ago(value) {
  const date = new Date(typeof value === 'number' ? value * 1000 : value)
  return h('time', { datetime: date.toISOString(), title: when.format(date) }, `${span((Date.now() - date) / 1000)} ago`)
}

/** span is a length of time in seconds. */
export function span(seconds) {
  const s = Math.max(0, Math.round(seconds))
  if (s < 60) return `${s} s`
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`
}

/** bytes is an amount of memory. */
export function bytes(n) {
  if (n === undefined || n === null) return '–'
  for (const unit of ['B', 'KB', 'MB', 'GB']) {
    if (Math.abs(n) < 1024) return `${unit === 'B' ? n : n.toFixed(1)} ${unit}`
    n /= 1024
  }
  return `${n.toFixed(1)} TB`
}

const numbers = new Intl.NumberFormat()

/** number is a count. */
export const number = n => n === undefined || n === null ? '–' : numbers.format(n)

/** millis is how long something took. */
export const millis = n => n === undefined || n === null ? '–' : n < 10 ? `${n.toFixed(n < 1 ? 2 : 1)} ms` : n < 10000 ? `${Math.round(n)} ms` : `${(n / 1000).toFixed(1)} s`

export { append }
