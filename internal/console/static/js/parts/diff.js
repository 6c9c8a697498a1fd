// What two snapshots of an API differ in: which routes, integrations, authorizers and models came, went or changed, member by member.
import { h } from '../dom.js'
import { call, path, page, query } from '../api.js'
import { notice, status, details, number } from '../ui.js'

/** serves is what a stage or a deployment serves, or, with neither, what a deployment made now would hold. */
export const serves = (apiId, of = {}) => call('GET', path`/v2/apis/${apiId}/snapshot` + query(of))

/** onStage is what a stage serves; null: nothing is deployed there. */
export const onStage = (apiId, stage) => stage?.deploymentId ? serves(apiId, { stageName: stage.stageName }) : null

/** defined is what a deployment made now would hold; null: there is no route, without which nothing can be deployed. */
export async function defined(apiId) {
  const { items } = await page(path`/v2/apis/${apiId}/routes`, { most: 1 })
  return items.length === 0 ? null : serves(apiId)
}

// The kinds of things a snapshot holds: where they stand in it, what says which is which, and how people call them.
const kinds = [
  { of: 'routes', id: 'routeId', one: 'Route', name: r => r.routeKey },
  { of: 'integrations', id: 'integrationId', one: 'Integration', name: (i, users) => led(i) + (users.length > 0 ? ` for ${users.slice(0, 3).join(', ')}${users.length > 3 ? ' …' : ''}` : '') },
  { of: 'authorizers', id: 'authorizerId', one: 'Authorizer', name: a => a.name },
  { of: 'models', id: 'modelId', one: 'Model', name: m => m.name },
]

/** led is how an integration is called: what it is, and where it leads. */
export const led = i => [i.integrationType, i.integrationMethod, i.integrationUri].filter(Boolean).join(' ')

// What is no part of a definition, by the object that bears it. A map of names that users have chosen may have any of these words in it.
const unsaid = { api: ['apiEndpoint', 'createdDate', 'apiId'], routes: ['routeId', 'authorizerId'], integrations: ['integrationId'], authorizers: ['authorizerId'], models: ['modelId'] }
const without = (object, names) => Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)))

/** said is a thing of a snapshot as it is compared: its responses by their keys, and a route's authorizer by its name. */
function said(thing, of, authorizers) {
  const { responses, ...own } = without(thing, unsaid[of])
  const keyed = of === 'integrations' ? 'integrationResponse' : 'routeResponse'
  return {
    ...own, ...(of === 'routes' && thing.authorizerId && { authorizer: authorizers.get(thing.authorizerId) ?? thing.authorizerId }),
    ...(responses && { responses: Object.fromEntries(responses.map(r => [r[keyed + 'Key'], without(r, [keyed + 'Id'])])) }),
  }
}

/** differences lists what after has that before has not: { kind, name, id, change: 'added' | 'removed' | 'changed', members: [{ name, before, after }] }. */
export function differences(before, after) {
  const found = []
  if (before?.api && after?.api) {
    const members = compare(without(before.api, unsaid.api), without(after.api, unsaid.api))
    if (members.length > 0) found.push({ kind: 'API', name: after.api.name, id: after.api.apiId, change: 'changed', members })
  }
  for (const kind of kinds) found.push(...ofKind(kind, before, after))
  return found
}

// A thing that was deleted and made again under its name has another id; people think of it as the same thing.
function ofKind({ of, id, one, name }, before, after) {
  const [then, now] = [named(before, of, id, name), named(after, of, id, name)]
  const byId = new Map(then.map(t => [t.id, t]))
  const known = new Set(now.map(n => n.id))
  const byName = new Map(then.filter(t => !known.has(t.id)).map(t => [t.name, t]))
  const found = [], met = new Set()
  const note = (thing, change, a, b) => {
    const members = compare(a, b)
    if (members.length > 0) found.push({ kind: one, name: thing.name, id: thing.id, change, members })
  }
  for (const n of now) {
    const t = byId.get(n.id) ?? byName.get(n.name)
    if (!t || met.has(t)) { note(n, 'added', {}, n.thing); continue }
    met.add(t)
    note(n, 'changed', t.thing, n.thing)
  }
  for (const t of then) if (!met.has(t)) note(t, 'removed', t.thing, {})
  return found
}

/** named are the things of a kind with their ids and names. Routes say where they lead, integrations whose they are. */
function named(snapshot, of, id, name) {
  const users = new Map()
  if (of === 'integrations') for (const r of snapshot?.routes ?? []) users.set(r.target, [...users.get(r.target) ?? [], r.routeKey])
  const authorizers = new Map((snapshot?.authorizers ?? []).map(a => [a.authorizerId, a.name]))
  return (snapshot?.[of] ?? []).map(thing => ({ id: thing[id], name: name(thing, users.get(`integrations/${thing[id]}`) ?? []), thing: said(thing, of, authorizers) }))
}

function compare(before, after) {
  const [a, b] = [flat(before), flat(after)]
  return [...new Set([...a.keys(), ...b.keys()])].filter(name => a.get(name) !== b.get(name)).map(name => ({ name, before: a.get(name), after: b.get(name) }))
}

/** flat is an object as a map of dotted names to texts. */
function flat(value, prefix = '', into = new Map(), depth = 0) {
  if (value === null || typeof value !== 'object' || depth > 8) {
    if (value !== undefined && value !== '') into.set(prefix, String(value))
    return into
  }
  for (const [key, member] of Object.entries(value)) {
    flat(member, prefix ? `${prefix}.${key}` : key, into, depth + 1)
  }
  return into
}

const signs = { added: ['good', 'Added'], removed: ['bad', 'Removed'], changed: ['warn', 'Changed'] }

/** changes shows what makes of before after. Texts: title, first (before is nothing), same (there is no difference). */
export function changes(before, after, { title, first, same }) {
  if (!after) return notice('bad', 'The API has no route yet, and cannot be deployed without one.')
  const list = differences(before, after)
  if (list.length === 0) return notice('plain', same)
  const count = change => list.filter(c => c.change === change).length
  const sums = Object.entries(signs).filter(([change]) => count(change) > 0).map(([change, [kind, label]]) => status(kind, `${number(count(change))} ${label.toLowerCase()}`))
  return h('section', { class: 'stack', 'aria-label': title },
    h('div', { class: 'row' }, h('h3', {}, title), sums), !before && h('p', { class: 'about' }, first),
    h('div', { class: 'changes' }, list.map(c => entry(c, list.length <= 4 && c.change === 'changed'))))
}

// What is folded is made when it is unfolded: an API of 300 routes is 600 entries.
function entry({ kind, name, id, change, members }, open) {
  const [sign, label] = signs[change]
  const el = details([status(sign, label), ' ', kind, ' ', h('code', {}, name || id)])
  const fill = () => { if (el.childElementCount === 1) el.append(table(members, change, `${kind} ${name || id}`)) }
  el.addEventListener('toggle', () => { if (el.open) fill() })
  if (open) { fill(); el.open = true }
  return el
}

const table = (members, change, label) => h('div', { class: 'table-scroll' }, h('table', { 'aria-label': label },
  h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Member'), change !== 'added' && h('th', { scope: 'col' }, change === 'removed' ? 'Value' : 'Before'), change !== 'removed' && h('th', { scope: 'col' }, change === 'added' ? 'Value' : 'After'))),
  h('tbody', {}, members.map(m => row(m, change)))))

function row({ name, before, after }, change) {
  const head = h('th', { scope: 'row' }, h('code', {}, name))
  if (change === 'changed' && /\n/.test((before ?? '') + (after ?? ''))) return h('tr', {}, head, h('td', { colspan: 2 }, lines(before ?? '', after ?? '')))
  const value = (text, as) => h('td', {}, text === undefined ? h('span', { class: 'about' }, 'none') : h('code', { class: as }, text))
  return h('tr', {}, head, change !== 'added' && value(before, change === 'changed' ? 'diff-remove' : ''), change !== 'removed' && value(after, change === 'changed' ? 'diff-add' : ''))
}

/** lines shows two texts as one, with + and - before the lines that only one of them has. */
export function lines(before, after) {
  return h('pre', { tabindex: '0', class: 'lines' }, compared(before.split('\n'), after.split('\n')).map(([sign, text]) =>
    h('span', { class: { '+': 'diff-add', '-': 'diff-remove' }[sign] }, `${sign} ${text}`)))
}

/** compared are the lines of both texts: ['-', line] of a alone, ['+', line] of b alone, [' ', line] of both. */
export function compared(a, b) {
  let from = 0, endA = a.length, endB = b.length
  while (from < endA && from < endB && a[from] === b[from]) from++
  while (endA > from && endB > from && a[endA - 1] === b[endB - 1]) { endA--; endB-- }
  const both = list => list.map(line => [' ', line])
  return [...both(a.slice(0, from)), ...middle(a.slice(from, endA), b.slice(from, endB)), ...both(a.slice(endA))]
}

// The longest common lines, by the table everybody knows. Where it would be large, everything is called changed.
function middle(a, b) {
  if (a.length * b.length > 250000) return [...a.map(l => ['-', l]), ...b.map(l => ['+', l])]
  const width = b.length + 1, most = new Uint32Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) most[i * width + j] = a[i] === b[j] ? most[(i + 1) * width + j + 1] + 1 : Math.max(most[(i + 1) * width + j], most[i * width + j + 1])
  }
  const out = []
  let i = 0, j = 0
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) { out.push([' ', a[i++]]); j++ }
    else if (j >= b.length || (i < a.length && most[(i + 1) * width + j] >= most[i * width + j + 1])) out.push(['-', a[i++]])
    else out.push(['+', b[j++]])
  }
  return out
}
