// Nodes: which there are, how they are, and what they carry.
import { h, replace } from '../dom.js'
import { all } from '../api.js'
import { page, section, code, copied, facts, status, number, bytes, span, time, notice } from '../ui.js'

export const title = 'Nodes'

const kinds = { ready: 'good', stopping: 'warn', draining: 'warn', suspected: 'warn', unwritable: 'bad' }

export async function show({ signal }) {
  const place = h('div', { class: 'stack' })
  const said = h('div', {})
  const draw = nodes => replace(place, nodes.map(node))
  draw(await all('/gangway/nodes', { signal }))
  const timer = setInterval(async () => {
    if (document.hidden) return
    try { draw(await all('/gangway/nodes', { signal, background: true })); replace(said) } catch (err) { if (err.name !== 'AbortError') replace(said, notice('bad', err.message)) }
  }, 3000)
  signal.addEventListener('abort', () => clearInterval(timer))
  return page({ title, about: 'Each node holds the connections that were made to it.' }, said, place)
}

const node = n => section({ title: [n.nodeId, ' ', status(kinds[n.state] ?? 'plain', n.state), n.self && h('small', {}, ' this one')] }, facts({
  'Connections': number(n.connections), 'Memory': n.memoryLimitBytes ? `${bytes(n.memoryBytes)} of ${bytes(n.memoryLimitBytes)}` : bytes(n.memoryBytes), 'Goroutines': number(n.goroutines),
  'Up for': span((Date.now() - Date.parse(n.startedAt)) / 1000), 'Since': time(n.startedAt), 'Version': n.version && code(n.version), 'Go': n.goVersion && code(n.goVersion), 'Definitions at revision': number(n.revision),
  'Free on disk': n.diskFreeBytes === undefined ? undefined : bytes(n.diskFreeBytes), 'Clients reach it at': n.dataUrl && copied(n.dataUrl), 'Control plane': n.adminUrl && copied(n.adminUrl),
}))
