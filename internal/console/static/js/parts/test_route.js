// Testing a route: a message goes through what is defined or deployed, and each step that is taken with it is shown.
import { h, replace } from '../dom.js'
import { call } from '../api.js'
import { extra } from './definition.js'
import { facts, glyph, later, millis, notice, pre, section, details } from '../ui.js'
import { form, field, group, input, choice, pairs, radios, saved } from '../form.js'
import { editor } from '../editor.js'
import { body as shown } from './bodies.js'

const kept = new Map() // what was tried last, by API and route

const usual = (api, key) => {
  const member = api.routeSelectionExpression?.match(/^\$\{?request\.body\.([A-Za-z_][\w-]*)\}?$/)?.[1]
  return member && !key.startsWith('$') ? JSON.stringify({ [member]: key, text: 'hello' }, null, 2) : '{\n  "text": "hello"\n}'
}

/** testRoute is the part of a route's page that tests it. */
export function testRoute(board, route) {
  const out = h('div', { class: 'stack', role: 'status', 'aria-label': 'What became of it' })
  return section({ title: 'Test this route', about: 'The code of the node, step by step. Nobody is asked for authorization, and nothing is throttled.' },
    later(async () => h('div', { class: 'stack' }, asked(board, route, await extra(board.of + '/stages', board.signal), out), out), { signal: board.signal }))
}

/** connection asks for what a client brings with it; headers and query parameters come with the handshake alone. */
function connection(kind, before = {}) {
  const names = [['connectionId', 'Connection ID', 'Connection0Test='], ['sourceIp', 'Source address', '127.0.0.1'], ['userAgent', 'User agent', ''], ['user', 'IAM user', '']]
  const texts = names.map(([name, , placeholder]) => [name, input({ value: before[name] ?? '', placeholder, spellcheck: 'false' })])
  const headers = pairs(before.headers, { name: 'Header', add: 'Add header' })
  const query = pairs(before.query, { name: 'Parameter', add: 'Add query parameter' })
  const code = input({ type: 'number', value: before.disconnectStatusCode ?? 1000, min: 1000, max: 4999 })
  const reason = input({ value: before.disconnectReason ?? '' })
  const el = h('div', { class: 'form' }, h('div', { class: 'form-grid' }, names.map(([name, label], i) => field({ label, control: texts[i][1], name, optional: true }))))
  const wide = kind === 'CONNECT' ? h('div', { class: 'form-grid' }, group({ label: 'Headers', control: headers }), group({ label: 'Query', control: query }))
    : kind === 'DISCONNECT' ? h('div', { class: 'form-grid' }, field({ label: 'Close status', control: code }), field({ label: 'Close reason', control: reason, optional: true })) : null
  el.read = () => ({
    ...Object.fromEntries(texts.map(([name, box]) => [name, box.value.trim()]).filter(([, v]) => v !== '')),
    ...(kind === 'CONNECT' && { headers: headers.value, query: query.value }),
    ...(kind === 'DISCONNECT' && { disconnectStatusCode: Number(code.value), ...(reason.value && { disconnectReason: reason.value }) }),
  })
  return { el, wide }
}

function asked(board, route, stages, out) {
  const mine = `${board.id} ${route.routeKey}`
  const before = kept.get(mine) ?? {}
  const kind = { $connect: 'CONNECT', $disconnect: 'DISCONNECT' }[route.routeKey] ?? 'MESSAGE'
  const message = editor({ value: before.body ?? usual(board.api, route.routeKey), language: 'json', label: 'Message', lines: 5 })
  const what = choice([{ value: 'draft', label: 'As it is defined now' }, { value: 'deployed', label: 'As it is deployed' }], { value: before.what ?? 'draft' })
  const stage = choice([{ value: '', label: 'No stage' }, ...stages.map(s => s.stageName)], { value: before.stage ?? stages[0]?.stageName ?? '' })
  const selects = choice([{ value: 'named', label: `Comes to ${route.routeKey}` }, { value: 'selects', label: 'Selects its route' }], { value: before.selects ?? 'named' })
  const client = connection(kind, before.connection)
  const backend = radios([
    { value: 'stand-in', label: 'A stand-in answers', hint: 'What it is told to below; the rest of the way is real.' },
    { value: 'stop', label: 'Stop at the request', hint: 'Shows what the backend would get.' },
    { value: 'call', label: 'Really call the backend', hint: 'What it does with the message, it does.' },
  ], { value: before.backend ?? 'stand-in', label: 'Backend', onChange: () => show() })
  const status = input({ type: 'number', value: before.status ?? 200, min: 200, max: 599 })
  const headers = pairs(before.headers, { name: 'Header', add: 'Add header' })
  const answer = editor({ value: before.answer ?? '{\n  "greeting": "hello"\n}', language: 'json', label: 'Body of the answer', lines: 3 })
  const standIn = h('div', { class: 'form inset' }, h('div', { class: 'form-grid' }, field({ label: 'Status', control: status, name: 'reply' }), group({ label: 'Headers', control: headers })), field({ label: 'Body', control: answer }))
  const integration = board.integrations.find(i => route.target === `integrations/${i.integrationId}`)
  const mock = !integration || integration.integrationType === 'MOCK'
  const backends = group({ label: 'Backend', control: h('div', { class: 'stack' }, backend, standIn) })
  const show = () => { standIn.hidden = backend.value !== 'stand-in'; backends.hidden = mock && selects.value === 'named' }
  selects.addEventListener('change', show)
  show()
  const read = () => ({ what: what.value, stage: stage.value, selects: selects.value, connection: client.el.read(), backend: backend.value, status: status.value, headers: headers.value, answer: answer.value, body: message.value })
  const el = form({
    label: 'Test',
    fields: [
      kind === 'MESSAGE' && field({ label: 'Message', control: message, name: 'body' }),
      h('div', { class: 'form-grid' }, field({ label: 'What is tested', control: what, name: 'draft|deploy' }), field({ label: 'Stage', control: stage, name: 'stage', hint: stages.fault ? `Stages could not be listed: ${stages.fault.message}` : 'Its variables count.' }),
        kind === 'MESSAGE' && field({ label: 'The message', control: selects, name: 'routekey' })),
      client.wide, details('Connection', client.el), backends,
    ],
    save: () => {
      const now = read()
      kept.set(mine, now)
      const named = kind !== 'MESSAGE' || now.selects === 'named'
      return call('POST', board.of.replace('/v2/', '/gangway/') + '/test', {
        ...(now.stage && { stageName: now.stage }), draft: now.what === 'draft', eventType: kind, ...(named && { routeKey: route.routeKey }), ...(kind === 'MESSAGE' && { body: now.body }),
        connection: now.connection, ...(now.backend === 'call' && { call: true }),
        ...(now.backend === 'stand-in' && { reply: { status: Number(now.status), headers: now.headers, body: now.answer } }),
      })
    },
    done: result => {
      replace(out, steps(result))
      out.querySelector('h3')?.scrollIntoView({ block: 'nearest' })
    },
  })
  // What is tried is kept while other parts are looked at: there is nothing to save, and nobody need be asked.
  for (const name of ['input', 'change', 'click']) el.addEventListener(name, () => { kept.set(mine, read()); saved(el) })
  return el
}

/** steps shows what became of a message. */
export function steps(result) {
  const failed = result.errorMessage || result.steps.some(s => s.error)
  return [
    h('h3', {}, failed ? 'It ends with an error' : 'It goes through', result.status ? h('small', {}, ` status ${result.status}`) : null),
    h('ol', { class: 'steps' }, result.steps.map((s, i) => step(s, result.steps[i - 1], failed && i === result.steps.length - 1))),
    result.errorMessage && !result.steps.some(s => s.error?.message === result.errorMessage) && notice('bad', h('b', {}, 'The cause, which a client is not told: '), result.errorMessage),
  ]
}

const titles = { select: 'Route', model: 'Model', request: 'Request mapping', backend: 'Request to the backend', response: 'Answer', reply: 'What the client gets' }

function step({ name, title, detail, text, error }, before, ends) {
  const place = error?.line ? `Line ${error.line}${error.column ? `, column ${error.column}` : ''}: ` : ''
  return h('li', { class: error || ends ? 'wrong' : '' },
    h('span', { class: 'mark' }, glyph(error || ends ? 'close' : 'check')),
    h('div', { class: 'stack' }, h('div', {}, h('b', {}, titles[name] ?? name), error && h('span', { class: 'sr' }, ' (error)'), h('div', { class: 'said' }, title)),
      error && notice('bad', place, error.message), text && (name === 'reply' || text !== before?.text) && shown(text), facts(known(detail))))
}

const words = {
  routeSelectionExpression: 'Route selection expression', value: 'It came to', authorizationType: 'Authorization', routeKeys: 'Keys of the routes', notes: 'Notes', findings: 'Findings', passthroughBehavior: 'Passthrough',
  headers: 'Headers', query: 'Query', path: 'Path parameters', vpcLinkId: 'VPC link', function: 'Function', invocationType: 'Invocation', failure: 'Failure', latencyMillis: 'Took',
  integrationResponseKey: 'Integration response', subprotocol: 'Subprotocol',
}

/** known are those parts of a step's detail that have a word. */
function known(detail) {
  const value = (name, v) => {
    if (name === 'latencyMillis') return millis(v)
    if (Array.isArray(v)) return v.length === 0 ? null : typeof v[0] === 'string' ? v.join(', ') : pre(v.map(p => `${p.name}: ${p.value}`).join('\n'))
    if (typeof v === 'boolean') return null
    return typeof v === 'object' && v !== null ? Object.values(v).filter(p => typeof p !== 'object').join(' · ') : h('code', {}, String(v))
  }
  return Object.fromEntries(Object.entries(detail ?? {}).filter(([name]) => words[name]).map(([name, v]) => [words[name], value(name, v)]))
}
