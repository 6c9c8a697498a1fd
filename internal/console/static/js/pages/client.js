// A WebSocket client to try an API with: as many connections as one likes, which stay while other pages are looked at.
import { h, replace, uid } from '../dom.js'
import { all, call, path, session } from '../api.js'
import { to } from '../router.js'
import { page, section, button, empty, later, link, menu } from '../ui.js'
import { clientsOf, addClient, removeClient } from '../parts/clients.js'
import { clientView, dot, cross } from '../parts/client_view.js'
import { savedView, ask } from '../parts/saved_view.js'
import { deployMenu } from '../parts/deploy.js'

export const title = 'Client'

/** show shows the clients of an API. */
export function show(context) {
  const { api } = context.params
  return page({ title, about: 'Talk to this API as its clients do. Connections stay open while you look at other pages.', actions: [deployMenu(api, context)] },
    later(async () => {
      const [about, stages, routes] = await Promise.all([
        call('GET', path`/v2/apis/${api}`, undefined, context), all(path`/v2/apis/${api}/stages`, context), all(path`/v2/apis/${api}/routes`, context)])
      if (stages.length === 0) return section({}, empty('Nothing is deployed', 'There is nothing to connect to before the API is deployed to a stage.', link('Stages', to`/apis/${api}/stages`, { class: 'button' })))
      return clients(context, about, stages.map(stage => stage.stageName), routes.map(route => route.routeKey))
    }, context))
}

function clients(context, about, stages, routes) {
  const { api } = context.params
  const store = clientsOf(api)
  const asked = context.query.get('stage')
  if (stages.includes(asked) && store.chosen.state === 'idle') store.chosen.stage = asked
  const bar = h('div', { role: 'tablist', 'aria-label': 'Clients' })
  const more = button('New client', () => { addClient(api, { stage: store.chosen.stage }); choose(store.chosen, true) }, { kind: 'plain small', icon: 'plus' })
  const panel = h('div', { role: 'tabpanel', id: uid('client') })
  const beside = savedView({ api, expression: about.routeSelectionExpression, routes, insert: text => view.fill(text) })
  const endpoint = about.apiEndpoint ?? `${session.current.dataUrl}/${api}`
  let view = null

  const drawTabs = focus => {
    replace(bar, store.list.map(client => tab(client, store.chosen === client, panel.id, { choose: () => { if (store.chosen !== client) choose(client, true) }, remove: () => remove(client) })))
    if (focus) bar.querySelector('[aria-selected=true]')?.focus()
  }
  const choose = (client, focus) => {
    store.chosen = client
    client.unread = 0
    if (!stages.includes(client.stage)) client.stage = stages[0]
    for (const other of store.list) {
      other.changed = what => {
        if (other !== store.chosen) { if (what === 'entries' && other.unread > 1) return; drawTabs(); return }
        other.unread = 0
        view.redraw(what)
        if (what === 'state') drawTabs(document.activeElement?.getAttribute('role') === 'tab')
      }
    }
    view = clientView(client, {
      stages, endpoint, keep: text => beside.keep(text),
      menu: menu('More', [
        { label: 'Rename … (F2)', does: () => rename(client) },
        { label: 'One more like this', does: () => { addClient(api, client); choose(store.chosen, true) } },
        { label: 'Close (Delete)', kind: 'danger', does: () => remove(client) },
      ], { kind: 'plain small', 'aria-label': `More of ${client.name}` }),
    })
    replace(panel, view)
    panel.querySelector('.talk').scrollTop = 1e9
    drawTabs(focus)
  }
  const remove = client => { removeClient(client); choose(store.chosen, true) }
  const rename = client => ask({ title: 'Rename', name: client.name, label: 'Rename', done: name => { client.name = name } }).then(() => drawTabs(true))
  bar.addEventListener('keydown', event => turn(event, store, { choose, remove, rename }))
  bar.addEventListener('dblclick', event => { if (event.target.closest('[role=tab]')) rename(store.chosen) })
  context.signal.addEventListener('abort', () => { for (const client of store.list) client.changed = () => {} })
  choose(store.chosen, false)
  return h('div', { class: 'client-page' }, h('div', {}, h('div', { class: 'tabs client-tabs' }, bar, more), panel), beside)
}

function tab(client, chosen, panel, does) {
  const el = h('button', { type: 'button', role: 'tab', id: uid('tab'), 'aria-selected': String(chosen), 'aria-controls': panel, tabindex: chosen ? 0 : -1, title: `${client.name}: ${client.stage}` },
    dot(client), client.name, client.unread > 0 && h('span', { class: 'unread', title: 'New messages' }, h('span', { class: 'sr' }, ' has new messages')))
  el.addEventListener('click', does.choose)
  return h('span', { role: 'presentation', class: 'tab-with-close' }, el, cross(does.remove))
}

function turn(event, store, does) {
  if (event.target.getAttribute('role') !== 'tab') return
  const at = store.list.indexOf(store.chosen)
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
  if (step) { event.preventDefault(); does.choose(store.list[(at + step + store.list.length) % store.list.length], true) }
  if (event.key === 'Delete') { event.preventDefault(); does.remove(store.chosen) }
  if (event.key === 'F2') { event.preventDefault(); does.rename(store.chosen) }
}

