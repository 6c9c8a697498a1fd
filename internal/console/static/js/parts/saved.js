// Messages that are kept in the browser, for each API and for who is signed in: { name, text }.
import { session } from '../api.js'

const key = api => `gangway-messages-${session.current.arn}-${api}`

/** saved are the messages of an API. */
export function saved(api) {
  try {
    const list = JSON.parse(localStorage.getItem(key(api)) ?? '[]')
    return Array.isArray(list) ? list.filter(m => typeof m?.name === 'string' && typeof m.text === 'string') : []
  } catch { return [] }
}

/** keep puts a message in the place of the one with its name, or after the others. */
export function keep(api, name, text) {
  const list = saved(api)
  const at = list.findIndex(m => m.name === name)
  if (at < 0) list.push({ name, text })
  else list[at] = { name, text }
  localStorage.setItem(key(api), JSON.stringify(list))
}

/** drop forgets one. */
export const drop = (api, name) => localStorage.setItem(key(api), JSON.stringify(saved(api).filter(m => m.name !== name)))

/**
 * suggested are messages that routes would take, if what selects a route is a member of the body: {"action":"join"} for the route
 * join where the expression is $request.body.action.
 */
export function suggested(expression, routes) {
  const members = /^\$\{?request\.body\.([\w.-]+)\}?$/.exec(expression ?? '')?.[1].split('.')
  if (!members) return []
  return routes.filter(name => !name.startsWith('$')).map(name => ({ name, text: JSON.stringify(members.reduceRight((value, member) => ({ [member]: value }), name)) }))
}
