// The routes of an API: a list on the left, the one that is chosen on the right.
import { h, replace } from '../dom.js'
import { button, code, empty, page, problem } from '../ui.js'
import { stay, to } from '../router.js'
import { deployMenu } from '../parts/deploy.js'
import { newRoute } from '../parts/route_form.js'
import { routeDetail } from '../parts/route_detail.js'
import { brief, definition, kindOf, targetOf } from '../parts/definition.js'

export const title = 'Routes'

export async function show(context) {
  const { params, query, signal } = context
  const board = await definition(params.api, signal)
  const body = h('div', { tabindex: '-1' })
  const selection = ['A message goes to the route that ', code(board.api.routeSelectionExpression), ' names, else to $default.']
  board.signal = signal
  const detail = h('div', { class: 'stack' })
  let list = null
  let chosen = null
  let part = query.get('part') ?? 'request'

  /** chose has the address say what is shown. */
  board.chose = (route, next, how) => {
    part = next
    const at = route ? to`/apis/${board.id}/routes/${route.routeId}` + (part === 'request' ? '' : `?part=${part}`) : to`/apis/${board.id}/routes`
    if (location.hash !== '#' + at) stay(at, how)
  }
  const choose = route => {
    chosen = route
    list.mark(route)
    replace(detail, route ? routeDetail(board, route, part) : problem(Object.assign(new Error(`There is no route ${params.route} in this API. It may have been deleted.`), { status: 404 })))
  }
  const pick = route => { if (route !== chosen) { board.chose(route, part); choose(route) } }

  /** reload reads the API anew and shows the same route, or another one; null: the first, and the one before is gone. */
  board.reload = async ({ route = chosen?.routeId, part: next = part } = {}) => {
    const fresh = await definition(params.api, signal)
    if (signal.aborted) return
    Object.assign(board, fresh)
    const found = board.routes.find(r => r.routeId === route) ?? board.routes[0]
    board.chose(found, next, { instead: route === null })
    draw(found)
    ;(body.querySelector('.route-panel') ?? body).focus({ preventScroll: true })
  }
  const create = async () => {
    const made = await newRoute(board)
    if (made) await board.reload({ route: made.routeId, part: 'request' })
  }

  function draw(route) {
    if (board.routes.length === 0) {
      replace(body, empty('No routes yet', 'A route says what becomes of one kind of message. Make one for connecting, $connect, for disconnecting, $disconnect, for what no other route takes, $default, or for messages with a key of your own.', button('Create route', create, { kind: 'primary', icon: 'plus' })))
      return
    }
    const words = list?.words ?? ''
    const scrolled = list?.items.scrollTop ?? 0
    list = routeList(board, pick, words)
    replace(body, h('div', { class: 'split routes' }, list, detail))
    list.items.scrollTop = scrolled
    choose(route)
  }
  draw(params.route ? board.routes.find(r => r.routeId === params.route) : board.routes[0])
  return page({ title, about: selection, actions: [button('Create route', create, { icon: 'plus' }), deployMenu(params.api, context)] }, body)
}

/** routeList is the list of routes, with a search; pick is told which one was chosen. */
function routeList(board, pick, words) {
  const integrations = new Map(board.integrations.map(i => [i.integrationId, i]))
  const box = h('input', { type: 'search', placeholder: `Search ${board.routes.length} routes`, 'aria-label': 'Search the routes', 'data-search': true, value: words })
  const none = h('p', { class: 'hint pad', hidden: true }, 'No route matches.')
  const links = board.routes.map(route => {
    const integration = integrations.get(targetOf(route))
    const says = integration ? brief(integration) : route.target ? `Calls ${targetOf(route)}` : 'No integration'
    const el = h('a', { href: '#' + to`/apis/${board.id}/routes/${route.routeId}` }, h('b', { class: 'mono' }, route.routeKey), h('small', { class: integration || board.integrations.fault ? '' : 'lacks' }, says))
    el.addEventListener('click', event => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return
      event.preventDefault()
      pick(route)
    })
    el.route = route
    el.finds = `${route.routeKey} ${says} ${integration ? kindOf(integration) : ''} ${route.operationName ?? ''}`.toLowerCase()
    return el
  })
  const items = h('div', { class: 'route-items' }, links, none)
  const filter = () => {
    const text = box.value.trim().toLowerCase()
    for (const el of links) el.hidden = !el.finds.includes(text)
    none.hidden = links.some(el => !el.hidden)
  }
  const shown = () => links.filter(el => !el.hidden)
  box.addEventListener('input', filter)
  box.addEventListener('keydown', event => {
    if (event.key === 'ArrowDown') { event.preventDefault(); shown()[0]?.focus() }
    if (event.key === 'Enter') shown()[0]?.click()
  })
  items.addEventListener('keydown', event => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (!step) return
    event.preventDefault()
    const all = shown()
    const at = all.indexOf(document.activeElement) + step
    ;(at < 0 ? box : all[Math.min(at, all.length - 1)])?.focus()
  })
  filter()
  const root = h('nav', { class: 'route-list', 'aria-label': 'Routes' }, h('div', { class: 'pad' }, box), items)
  root.items = items
  root.mark = route => {
    for (const el of links) { if (el.route === route) el.setAttribute('aria-current', 'true'); else el.removeAttribute('aria-current') }
    requestAnimationFrame(() => {
      const el = links.find(l => l.route === route)
      const top = el ? el.offsetTop - items.offsetTop : 0
      if (el && (top < items.scrollTop || top + el.offsetHeight > items.scrollTop + items.clientHeight)) items.scrollTop = top - items.clientHeight / 3
    })
  }
  Object.defineProperty(root, 'words', { get: () => box.value })
  return root
}
