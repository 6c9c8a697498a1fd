// All APIs of the node, and what is going on in them at the moment.
import { h } from '../dom.js'
import { call, all } from '../api.js'
import { page, section, empty, button, time, link, number, code, id } from '../ui.js'
import { table } from '../table.js'
import { go, to } from '../router.js'
import { deleteAPI } from '../parts/deploy.js'
import { create } from '../parts/create_api.js'
import { importTemplate } from '../parts/import_template.js'

export const title = 'APIs'

/** show lists them. */
export async function show({ signal, refresh }) {
  const apis = await all('/v2/apis', { signal })
  const live = lively()
  const made = async ask => { if (await ask()) refresh() }
  const make = button('Create API', create, { kind: 'primary', icon: 'plus' })
  const take = button('Import from template', () => made(importTemplate))
  if (apis.length === 0) return page({ title, about }, welcome([make, take]))
  const list = table({
    label: 'APIs', rows: apis, key: a => a.apiId, open: a => go(to`/apis/${a.apiId}/routes`), sort: { by: 0, down: false },
    columns: [
      { name: 'Name', of: a => a.name, show: a => [link(a.name, to`/apis/${a.apiId}/routes`), a.description && h('p', { class: 'about' }, a.description)] },
      { name: 'ID', of: a => a.apiId, show: a => id(a.apiId) },
      { name: 'Route selection expression', of: a => a.routeSelectionExpression, show: a => code(a.routeSelectionExpression) },
      { name: 'Connections', of: a => live.of(a.apiId).connections ?? -1, show: a => live.cell(a.apiId, 'connections'), right: true },
      { name: 'Messages/s', of: a => live.of(a.apiId).rate ?? -1, show: a => live.cell(a.apiId, 'rate'), right: true },
      { name: 'Created', of: a => a.createdDate, show: a => time(a.createdDate) },
      { name: '', show: a => button('', () => made(() => deleteAPI(a)), { kind: 'plain small', icon: 'trash', title: 'Delete', 'aria-label': `Delete ${a.name}` }) },
    ],
  })
  live.follow(signal)
  return page({ title, about, actions: [take, make] }, list)
}

const about = 'WebSocket APIs of this node'

const steps = [
  ['Define', 'An API has routes. A message says which one it takes, and the integration of the route does something with it: calls your backend, a function, or answers by itself.'],
  ['Deploy', 'Deploying freezes the API and has a stage serve it, such as test or prod. What you change afterwards waits for the next deployment.'],
  ['Connect', 'Clients connect to the address of the stage, and backends push to their connections. Watch both as it happens, or be a client right here.'],
]

/** welcome is there before the first API. */
const welcome = actions => section({}, empty('No API yet', 'From nothing to a client that is connected, in three steps:', ...actions),
  h('ol', { class: 'columns begin' }, steps.map(([name, text]) => h('li', {}, h('h3', {}, name), h('p', { class: 'about' }, text)))),
  h('p', { class: 'about centre' }, 'To look at a chat that is at work instead, run ', code('gangway demo'), ' in a terminal.'))

const every = 5000

/**
 * lively are the figures of all APIs, asked for every five seconds. Cells that are shown change in place: who has chosen a row,
 * or sorted them, is not disturbed.
 */
function lively() {
  let figures = new Map(), before = null
  const cells = new Map() // 'api/figure': what shows it; a table makes cells anew when it is sorted
  const text = (api, figure) => {
    const value = figures.get(api)?.[figure]
    return value === undefined ? '–' : figure === 'rate' && value > 0 && value < 10 ? value.toFixed(1) : number(Math.round(value))
  }
  const take = ({ time: at, apis }) => {
    const now = { at: Date.parse(at), sums: new Map(apis.map(a => [a.apiId, a.messagesIn + a.messagesOut])) }
    const seconds = before ? (now.at - before.at) / 1000 : 0
    figures = new Map(apis.map(a => [a.apiId, { connections: a.connections, rate: seconds > 0 ? Math.max(0, (now.sums.get(a.apiId) - (before.sums.get(a.apiId) ?? 0)) / seconds) : undefined }]))
    before = now
    for (const [key, el] of cells) el.textContent = text(...key.split('/'))
  }
  return {
    of: api => figures.get(api) ?? {},
    cell(api, figure) {
      const el = h('span', {}, text(api, figure))
      cells.set(`${api}/${figure}`, el)
      return el
    },
    async follow(signal) {
      for (let may = true; may && !signal.aborted;) {
        if (!document.hidden) await call('GET', '/gangway/metrics', undefined, { signal, background: true }).then(take).catch(err => { may = !(err.status >= 400 && err.status < 500) }) // who may not see figures sees the list
        await new Promise(done => { setTimeout(done, every); signal.addEventListener('abort', done, { once: true }) })
      }
    },
  }
}
