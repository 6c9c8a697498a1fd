// The open connections of an API: a page of them at a time, as the server lists them, so that ten thousand are no more work than a hundred.
import { h, replace } from '../dom.js'
import { all, call, page as pageOf, path, query } from '../api.js'
import { go, to } from '../router.js'
import { page, section, button, ago, id as oneLine, empty, later, link, loading, number, problem } from '../ui.js'
import { choice, input } from '../form.js'
import { table } from '../table.js'
import { inspect } from '../parts/connection_view.js'
import { deployMenu } from '../parts/deploy.js'

export const title = 'Connections'

const size = 100

/** show lists connections, or shows one. */
export function show(context) {
  if (context.params.connection) return inspect(context)
  const { api } = context.params
  return page({ title, about: 'The clients that are connected now.', actions: [deployMenu(api, context)] },
    later(async () => {
      const stages = await all(path`/v2/apis/${api}/stages`, context)
      if (stages.length === 0) return section({}, empty('Nothing is deployed', 'Clients can connect once the API is deployed to a stage.', link('Stages', to`/apis/${api}/stages`, { class: 'button' })))
      return list(context, stages.map(stage => stage.stageName))
    }, context))
}

function list(context, stages) {
  const { api } = context.params
  const given = name => context.query.get(name) ?? ''
  const stage = choice([{ value: '', label: 'All stages' }, ...stages], { 'aria-label': 'Stage', value: stages.includes(given('stage')) ? given('stage') : '' })
  const box = (label, value) => input({ type: 'search', 'aria-label': label, placeholder: label, value, autocomplete: 'off', spellcheck: 'false' })
  const id = box('Connection id', given('id')), source = box('Source IP', given('ip'))
  id.dataset.search = 'true'
  const place = h('div', {}), foot = h('div', { class: 'table-foot', role: 'status' })
  const filters = h('form', { class: 'trace-bar', role: 'search' }, h('div', { class: 'row' }, stage, id, source, h('button', { type: 'submit', class: 'button' }, 'Find')),
    button('Refresh', () => load(), { icon: 'refresh' }))
  const tokens = [undefined] // of the pages up to this one
  let asked = 0, waiting = 0

  const wanted = () => ({ stageName: stage.value, connectionId: id.value.trim(), sourceIp: source.value.trim() })

  async function load() {
    const mine = ++asked
    const filter = wanted()
    if (place.childElementCount === 0) replace(place, loading())
    try {
      const [found, total] = await Promise.all([pageOf(path`/gangway/apis/${api}/connections` + query(filter), { signal: context.signal, token: tokens.at(-1), most: size }), count(context, filter)])
      if (mine !== asked || context.signal.aborted) return
      replace(place, rows(context, found.items, Object.values(filter).some(Boolean)))
      replace(foot, turn(found, total))
    } catch (err) {
      if (mine === asked && err.name !== 'AbortError') { replace(place, problem(err, load)); replace(foot) }
    }
  }

  function turn(found, total) {
    const from = (tokens.length - 1) * size
    if (found.items.length === 0 && from === 0) return null
    const more = Boolean(found.nextToken)
    const of = total !== undefined && (more || from > 0) ? ` of about ${number(Math.max(total, from + found.items.length))}` : ''
    const by = does => async () => { does(); await load(); foot.querySelector('button:not(:disabled)')?.focus() }
    return [h('span', { class: 'about' }, found.items.length === 0 ? 'No more' : from === 0 && !more ? `${number(found.items.length)} ${found.items.length === 1 ? 'connection' : 'connections'}` : `${number(from + 1)} to ${number(from + found.items.length)}${of}`),
      (more || from > 0) && [button('Previous', by(() => tokens.pop()), { kind: 'plain', disabled: from === 0 }), button('Next', by(() => tokens.push(found.nextToken)), { kind: 'plain', disabled: !more })]]
  }

  const find = () => {
    clearTimeout(waiting)
    tokens.length = 1
    const { stageName, connectionId, sourceIp } = wanted()
    history.replaceState(null, '', '#' + to`/apis/${api}/connections` + query({ stage: stageName, id: connectionId, ip: sourceIp })) // the way back leads to the same list
    return load()
  }
  filters.addEventListener('submit', event => { event.preventDefault(); find() })
  stage.addEventListener('change', find)
  for (const el of [id, source]) el.addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(find, 300) })
  load()
  return h('div', { class: 'stack' }, filters, place, foot)
}

// count is how many there are, if that is known: only the stage is counted.
async function count({ params, signal }, { stageName, connectionId, sourceIp }) {
  if (connectionId || sourceIp) return undefined
  try {
    const { stages } = await call('GET', path`/gangway/apis/${params.api}/metrics` + query({ stageName }), undefined, { signal })
    return stages.reduce((n, one) => n + one.connections, 0)
  } catch { return undefined } // the list does without
}

function rows({ params }, items, filtered) {
  const { api } = params
  const at = row => `${to`/apis/${api}/connections/${row.connectionId}`}?stage=${encodeURIComponent(row.stageName)}`
  const el = table({
    label: 'Connections', rows: items, size, search: false, key: row => row.connectionId, open: row => go(at(row)), tag: 'close',
    columns: [
      { name: 'Connection', show: row => link(oneLine(row.connectionId), at(row)) },
      { name: 'Stage', show: row => row.stageName },
      { name: 'Source IP', show: row => oneLine(row.sourceIp) },
      { name: 'Connected', show: row => ago(row.connectedAt) },
      { name: 'Last active', show: row => ago(row.lastActiveAt) },
      { name: 'User agent', wide: true, show: row => h('span', { class: 'about clip', title: row.userAgent }, row.userAgent || '–') },
    ],
    none: filtered ? empty('No such connection', 'None that is open has this whole id, this source IP and this stage.')
      : empty('Nobody is connected', 'Clients that connect are listed here.', link('Open the client', to`/apis/${api}/client`, { class: 'button' })),
  })
  el.querySelector('.table-foot').hidden = items.length > 0 // the pages are the server's
  return el
}
