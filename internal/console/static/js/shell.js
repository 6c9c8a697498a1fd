// What stands around every page: the bar on top, the ways to go on the left, keys, and the search for pages and APIs.
import { h, replace } from './dom.js'
import { session, all, call, path } from './api.js'
import { go, address, to } from './router.js'
import { button, glyph, link, menu, toast } from './ui.js'
import { dialog } from './dialog.js'
import { check } from './form.js'
import { theme, setTheme } from './theme.js'

const node = [['APIs', '/apis'], ['Custom domains', '/domains'], ['API keys', '/keys'], ['Usage plans', '/plans'], ['Credentials', '/credentials'], ['Audit log', '/changes'], ['Nodes', '/nodes']]

const ofAPI = id => [
  ['Define', [['Routes', to`/apis/${id}/routes`], ['Integrations', to`/apis/${id}/integrations`], ['Authorizers', to`/apis/${id}/authorizers`], ['Models', to`/apis/${id}/models`], ['Settings', to`/apis/${id}/settings`]]],
  ['Deploy', [['Stages', to`/apis/${id}/stages`], ['Deployments', to`/apis/${id}/deployments`]]],
  ['Watch', [['Dashboard', to`/apis/${id}/dashboard`], ['Connections', to`/apis/${id}/connections`], ['Live trace', to`/apis/${id}/trace`], ['Client', to`/apis/${id}/client`]]],
]

// zone is that of all times in the console, by its short name: 'GMT+2'.
const zone = new Intl.DateTimeFormat(undefined, { timeZoneName: 'short' }).formatToParts().find(part => part.type === 'timeZoneName')?.value

/** shell is the frame; its main is where pages go, and its show says which page it is. */
export function shell(signOut) {
  const main = h('main', { id: 'main', tabindex: '-1' })
  const side = h('nav', { class: 'side', id: 'side', 'aria-label': 'Pages' })
  const burger = button('', () => root.classList.toggle('open'), { kind: 'plain burger', icon: 'menu', 'aria-label': 'Menu', 'aria-controls': 'side' })
  const user = session.current
  const bar = h('header', { class: 'bar' }, burger,
    h('a', { href: '#/apis', class: 'brand' }, h('img', { src: 'icon.svg', alt: '', width: 24, height: 24 }), 'Gangway'),
    h('button', { type: 'button', class: 'jump', 'aria-label': 'Go to … a page or an API', onclick: () => jump() }, glyph('search'), h('span', {}, 'Go to …'), h('kbd', {}, 'Ctrl K')),
    h('span', { class: 'where', title: 'The region of this node. Times are those of your own zone.' }, user.region, h('span', { class: 'zone' }, zone)),
    menu(user.user || 'root', [
      ...['system', 'light', 'dark'].map(t => ({ label: (theme() === t ? '✓ ' : '') + `Theme: ${t}`, does: () => { setTheme(t); toast(`Theme: ${t}.`) } })),
      null, { label: 'Keys …', does: keys }, { label: 'Sign out', does: signOut },
    ], { kind: 'plain', 'aria-label': `Account: ${user.user || 'root'}` }))
  const root = h('div', { class: 'shell' }, h('a', { class: 'skip', href: '#main', onclick: event => { event.preventDefault(); main.focus() } }, 'To the content'), bar, side, main)

  root.main = main
  root.show = (params, title) => {
    root.classList.remove('open')
    document.title = title ? `${title} · Gangway` : 'Gangway'
    const here = address().split('?')[0]
    watch(params?.api)
    const entry = ([label, at]) => link(label, at, { 'aria-current': here === at || here.startsWith(at + '/') ? 'page' : undefined })
    if (params?.api) {
      replace(side, link('← All APIs', '/apis', { class: 'back' }), named(params.api), ofAPI(params.api).map(([name, list]) => [h('h2', {}, name), list.map(entry)]))
    } else replace(side, node.map(entry))
  }
  return root
}

let followed // the API whose page is shown: its events are kept for who looks for them later
const parts = () => import('./parts/watching.js')

// watch follows the API of a page no longer once another page is shown; named begins it, as there may be no such API.
function watch(api) {
  const before = followed
  followed = api
  if (before && before !== api) parts().then(({ release }) => { if (followed !== before) release(before, 'page') })
}

const names = new Map() // of APIs, by id, as they were last seen

/** named is the name of an API, above the pages of it. */
function named(id) {
  const el = h('p', { class: 'side-name', title: id }, names.get(id) ?? id)
  Promise.resolve().then(() => call('GET', path`/v2/apis/${id}`, undefined, { background: true })).then(api => {
    names.set(id, api.name)
    if (id === followed) parts().then(({ hold }) => { if (id === followed) hold(id, 'page') })
    el.textContent = api.name
  }).catch(() => {}) // the page says what is wrong with the API
  return el
}

/** jump finds pages and APIs by what is typed. */
async function jump() {
  const here = address().match(/^\/apis\/([^/]+)/)?.[1]
  let places = [...(here ? ofAPI(decodeURIComponent(here)).flatMap(([, list]) => list) : []), ...node]
  const box = h('input', { type: 'search', class: 'search', placeholder: 'A page or an API', 'aria-label': 'Go to a page or an API', autofocus: true, autocomplete: 'off' })
  const list = h('div', { class: 'jump-list' })
  const draw = () => {
    const words = box.value.toLowerCase()
    replace(list, places.filter(([label, at]) => (label + at).toLowerCase().includes(words)).slice(0, 12).map(([label, at]) => link([label, h('small', {}, at)], at)))
  }
  box.addEventListener('input', draw)
  box.addEventListener('keydown', event => {
    if (event.key === 'Enter') list.querySelector('a')?.click()
    if (event.key === 'ArrowDown') { event.preventDefault(); list.querySelector('a')?.focus() }
  })
  list.addEventListener('keydown', event => {
    const next = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key]
    if (next) { event.preventDefault(); (document.activeElement[next] ?? box).focus() }
  })
  draw()
  all('/v2/apis').then(found => {
    places = [...places, ...found.map(a => [a.name, to`/apis/${a.apiId}/routes`])]
    draw()
  }).catch(() => {}) // pages are found without
  await dialog({ title: 'Go to', body: close => { list.addEventListener('click', event => { if (event.target.closest('a')) close() }); return [box, list] } })
}

const shortcuts = [['Ctrl K', 'Go to a page or an API'], ['/', 'Search the list'], ['Ctrl Enter', 'Save the form'], ['g a', 'APIs'], ['g n', 'Nodes'], ['g l', 'Audit log'], ['?', 'This list']]

// Keys without Ctrl can be turned off: who speaks to a computer, or hits keys by accident, sets off none. WCAG 2.2, 2.1.4.
const singles = { key: 'gangway-keys', get on() { return localStorage.getItem(this.key) !== 'off' }, set on(value) { localStorage.setItem(this.key, value ? 'on' : 'off') } }

function keys() {
  const box = check('Single keys', { checked: singles.on, hint: '/, ? and what begins with g. Keys with Ctrl always work.', onchange: () => { singles.on = box.control.checked } })
  return dialog({ title: 'Keys', body: [h('dl', { class: 'facts' }, shortcuts.map(([key, does]) => h('div', {}, h('dt', {}, h('kbd', {}, key)), h('dd', {}, does)))), box] })
}

let before = ''

/** hear listens for keys that work on every page. */
export function hear() {
  addEventListener('keydown', event => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') { event.preventDefault(); if (!document.querySelector('dialog[open]')) jump(); return }
    if (!singles.on || event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea, select, dialog')) return
    const sequence = before + event.key
    before = event.key === 'g' ? 'g ' : ''
    if (event.key === '/') { const box = document.querySelector('[data-search]'); if (box) { event.preventDefault(); box.focus() } }
    if (event.key === '?') keys()
    const places = { 'g a': '/apis', 'g n': '/nodes', 'g l': '/changes' }
    if (places[sequence]) go(places[sequence])
  })
}
