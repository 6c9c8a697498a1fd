// What an API is made of, as its pages need it, and how one of its objects becomes another: updates merge, and what they
// cannot take away is taken away by making the object anew.
import { all, call, path } from '../api.js'
import { changed, emptied as cleared, gone as left, isEmpty } from '../changed.js'

const reserved = ['$connect', '$disconnect', '$default']
const place = ({ routeKey }) => reserved.includes(routeKey) ? reserved.indexOf(routeKey) : reserved.length

/** ordered are routes with those that API Gateway reserves in front. */
export const ordered = routes => [...routes].sort((a, b) => place(a) - place(b) || a.routeKey.localeCompare(b.routeKey, undefined, { numeric: true }))

/** free are the reserved keys that no route has. */
export const free = routes => reserved.filter(key => !routes.some(r => r.routeKey === key))

/** extra is a list that a page can do without: what kept it from being read is its fault. */
export const extra = (of, signal) => all(of, { signal }).catch(err => { if (err.name === 'AbortError') throw err; return Object.assign([], { fault: err }) })

/** definition is an API with its routes, integrations, authorizers and models. */
export async function definition(id, signal) {
  const of = path`/v2/apis/${id}`
  const api = await call('GET', of, undefined, { signal }) // without it, nobody need ask for the rest
  const [routes, integrations, authorizers, models] = await Promise.all([
    all(of + '/routes', { signal }), extra(of + '/integrations', signal), extra(of + '/authorizers', signal), extra(of + '/models', signal)])
  return { id, of, api, routes: ordered(routes), integrations, authorizers, models }
}

/** vpcLinks are those that integrations of WebSocket APIs can have; no link is nothing to complain of. */
export const vpcLinks = signal => extra('/vpclinks', signal)

/** targetOf is the id of the integration that a route targets, if it has one. */
export const targetOf = route => route.target?.match(/^integrations\/(.+)$/)?.[1]

/** proxies hand on what they get: they have neither templates nor integration responses. */
export const isProxy = integration => integration.integrationType.endsWith('_PROXY')

const words = { MOCK: 'Mock', HTTP: 'HTTP', HTTP_PROXY: 'HTTP proxy', AWS: 'AWS service', AWS_PROXY: 'Lambda proxy' }

/** kindOf is what an integration is, in words. */
export const kindOf = ({ integrationType, integrationUri }) => integrationType === 'AWS' && functionOf(integrationUri) ? 'Lambda' : words[integrationType] ?? integrationType

/** functionOf is the name of the Lambda function that a URI invokes, or undefined. */
export const functionOf = uri => uri?.match(/:lambda:path\/.*functions\/(?:arn:.*:function:)?(.+)\/invocations$/)?.[1]

/** calls is whom an integration calls, in short. */
export function calls({ integrationType, integrationMethod, integrationUri = '', description }) {
  if (integrationType === 'MOCK') return description || 'The gateway answers'
  const lambda = functionOf(integrationUri)
  if (lambda) return lambda
  return integrationType.startsWith('HTTP') ? `${integrationMethod ?? ''} ${integrationUri}`.trim() : integrationUri.replace(/^arn:[^:]*:apigateway:[^:]*:/, '')
}

/** brief is both in a few words, for lists. */
export function brief(integration) {
  const lambda = functionOf(integration.integrationUri)
  if (integration.integrationType === 'MOCK') return 'Mock'
  return lambda ? `Lambda ${lambda}` : calls(integration).replace(/^(\w* )?https?:\/\//, '$1')
}

/** lambdaURI makes the URI of an integration of a function's name or ARN; what is a URI stays what it is. */
export function lambdaURI(text, { region, account }) {
  const given = text.trim()
  if (given === '' || given.includes(':apigateway:') || given.includes('/invocations')) return given
  const arn = given.startsWith('arn:') ? given : `arn:aws:lambda:${region}:${account}:function:${given}`
  return `arn:aws:apigateway:${arn.split(':')[3] || region}:lambda:path/2015-03-31/functions/${arn}/invocations`
}

const isMap = v => typeof v === 'object' && v !== null && !Array.isArray(v)
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b)
const nothing = v => typeof v === 'string' ? '' : typeof v === 'boolean' ? false : Array.isArray(v) ? [] : undefined

/**
 * change is what an update has to say for `before` to become `after`: { body, gone, any }. Entries of the maps named in `emptied` go
 * by an empty value; those of other maps that are to go are in gone, as [map, key].
 */
export function change(before, after, { emptied = [] } = {}) {
  const body = {}, gone = []
  for (const [name, value] of Object.entries(after)) {
    const was = before[name]
    if (!isMap(value)) {
      if (value !== undefined && !same(value, was ?? nothing(value))) body[name] = value
      continue
    }
    const part = emptied.includes(name) ? cleared(was ?? {}, value) : changed(was ?? {}, value)
    if (!emptied.includes(name)) gone.push(...left(was ?? {}, value).map(k => [name, k]))
    if (!isEmpty(part)) body[name] = part
  }
  return { body, gone, any: gone.length > 0 || !isEmpty(body) }
}

/** filled is an object without what is empty: the body of a creation. */
export const filled = object => Object.fromEntries(Object.entries(object).filter(([, v]) => v !== undefined && v !== '' && !(typeof v === 'object' && Object.keys(v).length === 0)))

const writable = ({ integrationId, integrationResponseId, integrationResponseSelectionExpression, apiGatewayManaged, ...rest }) => rest

/**
 * remakeIntegration makes an integration anew, responses and all, leads its routes to the new one and deletes the old one. The new
 * one is the result.
 */
export async function remakeIntegration({ of, routes }, before, after) {
  const old = of + path`/integrations/${before.integrationId}`
  const responses = await all(old + '/integrationresponses')
  const made = await call('POST', of + '/integrations', filled({ ...writable(before), ...after }))
  const moved = []
  const target = id => ({ target: `integrations/${id}` })
  try {
    for (const r of responses) await call('POST', of + path`/integrations/${made.integrationId}/integrationresponses`, writable(r))
    for (const r of routes.filter(r => targetOf(r) === before.integrationId)) {
      await call('PATCH', of + path`/routes/${r.routeId}`, target(made.integrationId))
      moved.push(r)
    }
    await call('DELETE', old)
  } catch (err) {
    for (const r of moved) await call('PATCH', of + path`/routes/${r.routeId}`, target(before.integrationId))
    await call('DELETE', of + path`/integrations/${made.integrationId}`)
    throw err
  }
  return made
}
