// One connection: who it is, what happens on it, and what can be done with it.
import { h, replace } from '../dom.js'
import { call, connection, follow, page as pageOf, path, query } from '../api.js'
import { go, to } from '../router.js'
import { page, section, button, copied, facts, time, ago, empty, later, link, number, status, notice, toast, problem } from '../ui.js'
import { confirm } from '../dialog.js'
import { editor } from '../editor.js'
import { size, sizeOf } from './bodies.js'
import { eventLog } from './event_log.js'
import { watched } from './watching.js'
import { eventList } from './event_list.js'
import { offer } from './clients.js'
import { sendingMeaning } from './meanings.js'
import { deployMenu } from './deploy.js'

/** inspect is the page of a connection. */
export function inspect(context) {
  const { api, connection: id } = context.params
  const state = h('span', {}), actions = h('div', { class: 'actions' })
  return page({ title: 'Connection', badge: state, about: link('← All connections', to`/apis/${api}/connections`), actions: [actions, deployMenu(api, context)] },
    later(async () => {
      const [about, stage] = await Promise.all([call('GET', path`/v2/apis/${api}`, undefined, context), stageOf(context)])
      if (!stage) {
        replace(state, status('plain', 'Not open'))
        const log = eventLog()
        remember(log, api, id)
        return [section({}, gone(id)), log.entries.length > 0 && happens(listOf(context, about, log))]
      }
      return one(context, { about, stage, state, actions })
    }, context))
}

const gone = id => empty('This connection is not open', `${id} was closed, or never was. A client that connects again gets another id.`)

// stageOf is the stage of a connection: from the address, or from the list of those that are open.
async function stageOf({ params, query: asked, signal }) {
  if (asked.get('stage')) return asked.get('stage')
  const { items } = await pageOf(path`/gangway/apis/${params.api}/connections` + query({ connectionId: params.connection }), { signal, most: 1 })
  return items[0]?.stageName
}

function one(context, { about, stage, state, actions }) {
  const { api, connection: id } = context.params
  const who = h('div', {})
  const over = () => { replace(state, status('plain', 'Closed')); send.close(); replace(actions) }
  const send = sender({ api, stage, id, over })
  const load = async () => {
    const [info, listed] = await Promise.all([connection('GET', api, stage, id), pageOf(path`/gangway/apis/${api}/connections` + query({ connectionId: id }), { signal: context.signal, most: 1 }).catch(() => ({ items: [] }))])
    if (context.signal.aborted) return
    replace(state, status('live', 'Open'))
    replace(who, factsOf(id, stage, info, listed.items[0]))
  }
  const look = async () => {
    try { await load() } catch (err) {
      if (err.name === 'AbortError' || context.signal.aborted) return
      if (err.status !== 410) { replace(who, problem(err, look)); return }
      over()
      if (who.childElementCount === 0) replace(who, gone(id))
    }
  }
  replace(actions, button('Refresh', look, { icon: 'refresh' }), button('Disconnect', () => disconnect({ api, stage, id, over }), { kind: 'danger' }))
  look()
  return h('div', { class: 'page' }, section({}, who), send, happens(events(context, { about, stage, over })))
}

const happens = list => section({ title: 'What happens on it', about: 'Newest on top, as far as this console has watched.' }, list)

function factsOf(id, stage, info, listed) {
  const { identity = {} } = info
  return facts({
    'Connection id': copied(id), Stage: stage, 'Source IP': h('code', {}, identity.sourceIp), Connected: h('span', {}, time(info.connectedAt), ' ', h('small', {}, ago(info.connectedAt))),
    'Last active': h('span', {}, time(info.lastActiveAt), ' ', h('small', {}, ago(info.lastActiveAt))), 'User agent': identity.userAgent || '–', Node: listed && h('code', {}, listed.nodeId),
  })
}

function disconnect({ api, stage, id, over }) {
  return confirm({
    title: 'Disconnect this client?', text: 'The client is told that it ends as meant (1000), and $disconnect is called. Most clients come back at once.', action: 'Disconnect',
    does: async () => {
      try { await connection('DELETE', api, stage, id) } catch (err) { if (err.status !== 410) throw new Error(`${err.message} ${sendingMeaning(err.status)}`) }
      over()
      toast('Disconnected.')
    },
  })
}

// sender pushes messages to the client, as a backend would.
function sender({ api, stage, id, over }) {
  const text = editor({ language: 'json', label: 'Message to the client', lines: 4, onChange: value => { count.textContent = value === '' ? '' : size(value) } })
  const count = h('span', { class: 'about small' })
  const told = h('div', { role: 'status' })
  let sent = 0
  const go_ = button('Send', async () => {
    const data = text.value
    try {
      await connection('POST', api, stage, id, data)
      replace(told, notice('good', `200: the client has it. ${number(++sent)} sent, the last ${size(data)}.`))
    } catch (err) {
      if (err.name === 'AbortError') return
      replace(told, notice('bad', h('b', {}, err.status === 0 ? 'No answer' : `${err.status} ${err.type}`), h('p', {}, `${sendingMeaning(err.status)}${err.status === 413 ? ` This is ${number(sizeOf(data))} bytes.` : ''}`), h('p', {}, err.message)))
      if (err.status === 410) over()
    }
  }, { kind: 'primary', icon: 'send' })
  text.control.addEventListener('keydown', event => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); go_.click() } })
  const el = section({ title: 'Send a message', about: 'As a backend does: POST @connections.' }, text, h('div', { class: 'row' }, go_, h('span', { class: 'about small' }, h('kbd', {}, 'Ctrl Enter')), count), told)
  el.close = () => { go_.disabled = true; go_.title = 'The connection is closed' }
  return el
}

function listOf(context, about, log) {
  const { api } = context.params
  return eventList({
    log, connection: false, none: empty('Nothing yet', 'Messages, replies and pushes of this connection are shown while they happen.'),
    view: { api, selection: about.routeSelectionExpression, again: event => { offer(api, { stage: event.stage, text: event.message ?? '' }); go(to`/apis/${api}/client`) } },
  })
}

// remember adds to a log what the console has seen of a connection, and the log does not know.
function remember(log, api, id) {
  const known = new Set(log.entries.map(entry => entry.event && entry.event.type + entry.event.requestId))
  for (const { event, lines = [] } of watched(api).log.entries) {
    if (event?.connectionId !== id || known.has(event.type + event.requestId)) continue
    for (const one of [event, ...lines]) log.add(one)
  }
}

function events(context, { about, stage, over }) {
  const { api, connection: id } = context.params
  const log = eventLog()
  const list = listOf(context, about, log)
  const seen = () => { remember(log, api, id); list.changed() }
  const told = ({ event, data }) => {
    if (event === 'missed') log.note(`${number(Number(data))} events came faster than they could be shown, and are not here.`)
    else {
      const happened = JSON.parse(data)
      log.add(happened)
      if (happened.type === 'DISCONNECT') over()
    }
    list.changed()
  }
  seen()
  follow(path`/gangway/apis/${api}/tail` + query({ stageName: stage, connectionId: id }), { signal: context.signal, told, state: now => { if (now === 'open') seen() } })
    .catch(err => { if (!context.signal.aborted) replace(list, problem(err)) })
  return list
}
