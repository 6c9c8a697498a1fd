// How an API does: connections, messages, errors and times of the last 15 minutes, and what each route has done since the node started.
import { h, replace } from '../dom.js'
import { call, path } from '../api.js'
import { to } from '../router.js'
import { page, section, status, later, empty, link, notice, number, millis, code } from '../ui.js'
import { choice } from '../form.js'
import { table } from '../table.js'
import { chart, pointers, short } from '../chart.js'
import { joined, withPresent, rate, took, errors, sum, lines, step } from '../parts/figures.js'
import { deployMenu } from '../parts/deploy.js'

export const title = 'Dashboard'

/** show shows the numbers, anew every five seconds while somebody looks. */
export async function show(context) {
  const api = context.params.api
  const badge = h('span', {})
  const pick = choice([''], { 'aria-label': 'Stage', class: 'stage-pick' })
  return page({ title, badge, about: 'What the clients of this API have and what they wait for, while it happens.', actions: [pick, deployMenu(api, context)] },
    later(async () => board(context, await ask(context), { pick, badge }), context))
}

const ask = ({ params, signal }) => call('GET', path`/gangway/apis/${params.api}/metrics`, undefined, { signal, background: true })

function board(context, first, { pick, badge }) {
  const { api } = context.params
  if (first.stages.length === 0) {
    pick.hidden = true
    return section({}, empty('Nothing is deployed', 'An API has numbers as soon as a stage runs it. Deploy it to a stage, and connect.', link('Stages', to`/apis/${api}/stages`, { class: 'button' })))
  }
  const graphs = charts()
  const routes = routeTable(api)
  const trouble = h('div', { hidden: true })
  let latest = first
  stageChoice(pick, first.stages, context.query.get('stage'))
  const draw = () => {
    stageChoice(pick, latest.stages, pick.value)
    const chosen = latest.stages.filter(stage => pick.value === '' || stage.stageName === pick.value)
    const history = withPresent(joined(chosen), chosen, latest.time)
    graphs.update(history, latest.time, chosen.length)
    routes.update(lines(chosen), pick.value === '')
    const wrong = sum(history, errors)
    replace(badge, wrong > 0 ? link(status('bad', `${number(wrong)} ${wrong === 1 ? 'error' : 'errors'} in 15 minutes`), `${to`/apis/${api}/trace`}?errors=1${pick.value && `&stage=${encodeURIComponent(pick.value)}`}`, { title: 'See those that this console has watched' }) : status('good', 'No errors in 15 minutes'))
  }
  pick.addEventListener('change', draw)
  draw()
  poll(context.signal, async () => {
    try {
      latest = await ask(context)
      if (context.signal.aborted) return
      trouble.hidden = true
      draw()
    } catch (err) {
      if (err.name !== 'AbortError') { trouble.hidden = false; replace(trouble, notice('warn', `These numbers are old: ${err.message}`)) }
    }
  })
  return h('div', { class: 'page' }, trouble, section({}, h('h2', { class: 'sr' }, 'The last 15 minutes'), graphs),
    section({ title: 'By route', about: 'Since the node started. Times are of whole events: authorizer, integration and reply.' }, routes))
}

function stageChoice(pick, stages, chosen) {
  const names = ['', ...stages.map(stage => stage.stageName)]
  if (names.join() === [...pick.options].map(o => o.value).join()) return
  replace(pick, names.map(name => h('option', { value: name }, name || 'All stages')))
  pick.value = names.includes(chosen) ? chosen : ''
  pick.hidden = names.length < 3
}

// poll does something every five seconds while the page can be seen, and at once when it can be seen again.
function poll(signal, work) {
  let busy = false, last = Date.now()
  const turn = async () => {
    if (document.hidden || busy) return
    busy = true
    last = Date.now()
    await work()
    busy = false
  }
  const timer = setInterval(turn, step * 1000)
  const seen = () => { if (!document.hidden && Date.now() - last > step * 1000) turn() }
  document.addEventListener('visibilitychange', seen)
  signal.addEventListener('abort', () => { clearInterval(timer); document.removeEventListener('visibilitychange', seen) })
}

function charts() {
  const together = pointers()
  const seconds = 15 * 60
  const all = [
    chart({ title: 'Connections', about: 'open', series: [{ name: 'Open', colour: 's1', of: s => s.connections }], whole: true, seconds, together }),
    chart({ title: 'Messages', about: 'each second', series: [{ name: 'In', colour: 's1', of: rate('messagesIn') }, { name: 'Out', colour: 's2', of: rate('messagesOut') }], seconds, together }),
    chart({
      title: 'Errors', about: `in ${step} seconds`, whole: true, seconds, together,
      series: [{ name: 'Client', colour: 's3', of: s => s.clientErrors }, { name: 'Integration', colour: 's2', of: s => s.integrationErrors }, { name: 'Execution', colour: 's5', of: s => s.executionErrors }],
    }),
    chart({ title: 'Latency', about: 'of events', show: n => `${short(n)} ms`, series: [{ name: 'p50', colour: 's1', of: took('p50Millis') }, { name: 'p99', colour: 's2', of: took('p99Millis') }], seconds, together }),
  ]
  const el = h('div', { class: 'charts' }, all)
  el.update = (samples, now, stages) => {
    for (const one of all) one.update(samples, now)
    all.at(-1).about(stages > 1 ? 'of events, on the slowest stage' : 'of events')
  }
  return el
}

const count = (name, of) => ({ name, of, right: true, show: row => of(row) === 0 ? h('span', { class: 'about' }, '0') : number(of(row)) })
const bad = (api, name, of) => ({ name, of, right: true, show: row => of(row) === 0 ? h('span', { class: 'about' }, '0') : link(h('b', { class: 'fault' }, number(of(row))), `${to`/apis/${api}/trace`}?errors=1&stage=${encodeURIComponent(row.stage)}&text=${encodeURIComponent(row.routeKey)}`, { title: 'See those that this console has watched' }) })
const time = (name, of) => ({ name, of: row => row.latency.count > 0 ? of(row) : -1, right: true, show: row => millis(row.latency.count > 0 ? of(row) : undefined) })

function routeTable(api) {
  const columns = [
    { name: 'Route', of: row => row.routeKey, show: row => code(row.routeKey) },
    { name: 'Stage', of: row => row.stage },
    count('In', row => row.messagesIn), count('Out', row => row.messagesOut),
    bad(api, 'Client errors', row => row.clientErrors), bad(api, 'Integration errors', row => row.integrationErrors), bad(api, 'Execution errors', row => row.executionErrors),
    bad(api, 'Throttled', row => row.throttled),
    time('p50', row => row.latency.p50Millis), time('p90', row => row.latency.p90Millis), time('p99', row => row.latency.p99Millis),
  ]
  const el = table({
    label: 'Routes', columns, tag: 'close', sort: { by: 2, down: true }, key: row => `${row.stage} ${row.routeKey}`,
    none: empty('No routes yet', 'Routes are listed here once they are deployed.'),
  })
  const { update } = el
  let shown = ''
  el.update = rows => {
    const text = JSON.stringify(rows)
    if (text === shown) return // what somebody selects or reads stays as it is
    shown = text
    update(rows)
  }
  return el
}
