// The way of a message as the console of AWS draws it: to the integration and back, in four parts that can be chosen.
import { h } from '../dom.js'
import { code, glyph } from '../ui.js'
import { calls, isProxy, kindOf, targetOf } from './definition.js'

/** partsOf are the four parts of a route: id, name, what there is to say of each, and whether a message goes through it. */
export function partsOf(route, board, { response, responses } = {}) {
  const integration = board.integrations.find(i => i.integrationId === targetOf(route))
  const authorizer = board.authorizers.find(a => a.authorizerId === route.authorizerId)
  const models = Object.values(route.requestModels ?? {})
  const connect = route.routeKey === '$connect'
  const two = response !== null || connect // not known yet: as if
  const target = targetOf(route)
  const request = [
    connect && (route.authorizationType === 'CUSTOM' ? `Authorizer ${authorizer?.name ?? route.authorizerId}` : route.authorizationType === 'AWS_IAM' ? 'Signed with AWS IAM' : 'Open to all'),
    connect && route.apiKeyRequired && 'API key required',
    models.length > 0 && `Model ${models.join(', ')}`,
    Object.keys(route.requestParameters ?? {}).length > 0 && `${Object.keys(route.requestParameters).length} parameters`,
  ].filter(Boolean)
  const templates = Object.keys(integration?.requestTemplates ?? {}).length
  const back = !integration ? (target ? 'Not known' : 'Nothing yet') : isProxy(integration) ? 'Passed through' : responses === undefined ? '…' : responses.length === 0 ? 'None' : responses.map(r => r.integrationResponseKey).join('  ')
  // Such a route fails when a message comes: nothing says what becomes of the answer.
  const lost = integration && !isProxy(integration) && responses?.length === 0 && !connect && route.routeKey !== '$disconnect' && Boolean(response)
  return [
    { id: 'request', name: 'Route request', says: request.length > 0 ? request : ['Any message'], on: true },
    { id: 'integration', name: 'Integration request', says: integration ? [kindOf(integration), templates > 0 && `${templates} template${templates === 1 ? '' : 's'}`, Object.keys(integration.requestParameters ?? {}).length > 0 && 'Mapped parameters'].filter(Boolean) : [target ? `Integration ${target}` : 'Not attached'], on: Boolean(target) },
    { id: 'answer', name: 'Integration response', says: [lost ? 'None: messages of this route fail' : back], on: Boolean(target) && two, warns: lost },
    { id: 'response', name: 'Route response', says: [connect && !response ? 'Lets in or refuses' : response === undefined ? '…' : response ? 'The client gets a reply' : 'Off: no reply'], on: two },
  ]
}

const arrow = (area, back, on) => h('svg', { class: `arrow ${area} ${on ? '' : 'off'}`, viewBox: '0 0 36 12', 'aria-hidden': 'true' },
  h('path', { d: back ? 'M36 6H3M8 1L3 6l5 5' : 'M0 6h33M28 1l5 5-5 5' }))

/** picture shows the parts; choose is told the id of the one that is clicked. */
export function picture(route, board, state, { chosen, choose }) {
  const parts = partsOf(route, board, state)
  const integration = board.integrations.find(i => i.integrationId === targetOf(route))
  const [request, into, answer, response] = parts
  const part = p => h('button', { type: 'button', class: `part ${p.id} ${p.on ? '' : 'off'} ${p.warns ? 'warns' : ''}`, 'aria-pressed': String(chosen === p.id), 'data-part': p.id, 'data-leaves': true, onclick: () => choose(p.id) },
    h('b', {}, p.warns && [glyph('warn'), ' '], p.name), p.says.map(text => h('span', {}, text)))
  return h('div', { class: 'picture', role: 'group', 'aria-label': `The way of ${route.routeKey}` },
    h('div', { class: 'end client' }, h('b', {}, 'Client')),
    arrow('a1', false, true), part(request), arrow('a2', false, into.on), part(into), arrow('a3', false, into.on),
    arrow('b1', true, response.on), part(response), arrow('b2', true, answer.on), part(answer), arrow('b3', true, answer.on),
    h('div', { class: `end backend ${integration ? '' : 'off'}` }, integration ? [h('b', {}, kindOf(integration)), integration.integrationType === 'MOCK' ? h('span', {}, calls(integration)) : code(calls(integration))] : [h('b', {}, targetOf(route) ? 'Not known' : 'No integration'), h('span', {}, targetOf(route) ?? 'Nobody is called')]))
}
