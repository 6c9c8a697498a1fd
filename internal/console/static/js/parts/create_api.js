// Creating an API as AWS's console does: its name, how it chooses routes, and the routes to begin with.
import { h } from '../dom.js'
import { call, path } from '../api.js'
import { toast, code } from '../ui.js'
import { dialog } from '../dialog.js'
import { form, field, input, textarea, check } from '../form.js'
import { go, to } from '../router.js'

const predefined = [
  ['$connect', 'when a client connects'],
  ['$disconnect', 'when a client is gone'],
  ['$default', 'when no other route fits a message'],
]

/** create asks for an API, makes it, and shows its routes. */
export async function create() {
  const api = await dialog({ title: 'Create API', body: ask })
  if (!api) return
  toast(`${api.name} is created.`)
  go(to`/apis/${api.apiId}/routes`)
}

function ask(close) {
  const name = input({ maxlength: 128, autofocus: true, autocomplete: 'off' })
  const description = input({ maxlength: 1024, autocomplete: 'off' })
  const expression = input({ value: '$request.body.action', spellcheck: 'false', autocomplete: 'off', class: 'mono' })
  const routes = predefined.map(([key, hint]) => check(key, { hint, checked: key === '$default', value: key }))
  const custom = textarea({ rows: 2, placeholder: 'join\nsay' })
  const mock = check('Answer with a mock integration', { checked: true, hint: 'Each route gets one of its own, and messages get a reply: the API can be deployed and tried before there is a backend.' })
  const keys = () => [...new Set([...routes.map(r => r.control).filter(c => c.checked).map(c => c.value), ...custom.value.split(/[\n,]/).map(k => k.trim()).filter(Boolean)])]
  return form({
    label: 'Create API', cancel: () => close(), done: close,
    fields: [
      field({ label: 'Name', control: name, name: 'name' }),
      field({ label: 'Description', control: description, name: 'description', optional: true }),
      field({ label: 'Route selection expression', control: expression, name: 'routeSelectionExpression', hint: ['What of a message names its route: ', code('{"action": "join"}'), ' takes the route ', code('join'), '.'] }),
      h('fieldset', {}, h('legend', {}, 'Routes to begin with'), routes, field({ label: 'Custom routes', control: custom, name: 'route key|route with key', optional: true, hint: 'One key a line.' }), mock),
    ],
    save: () => make({ name: name.value.trim(), routeSelectionExpression: expression.value.trim(), ...(description.value && { description: description.value }) }, keys(), mock.control.checked),
  })
}

/** make creates the API with its routes. If one of them may not be, none of it stays. */
async function make(settings, keys, mock) {
  const api = await call('POST', '/v2/apis', { protocolType: 'WEBSOCKET', ...settings })
  const at = path`/v2/apis/${api.apiId}`
  try {
    for (const routeKey of keys) await route(at, routeKey, mock)
  } catch (err) {
    await call('DELETE', at).catch(() => {})
    throw err
  }
  return api
}

const answer = '{"route": "$context.routeKey", "connectionId": "$context.connectionId", "received": $input.json(\'$\')}'

/** route makes a route; with a mock integration of its own it lets clients connect, and answers their messages. */
async function route(at, routeKey, mock) {
  if (!mock) return call('POST', at + '/routes', { routeKey })
  const replies = routeKey !== '$connect' && routeKey !== '$disconnect'
  const { integrationId } = await call('POST', at + '/integrations', { integrationType: 'MOCK', templateSelectionExpression: '\\$default', requestTemplates: { $default: '{"statusCode": 200}' } })
  await call('POST', at + path`/integrations/${integrationId}/integrationresponses`, { integrationResponseKey: '$default', ...(replies && { templateSelectionExpression: '\\$default', responseTemplates: { $default: answer } }) })
  const { routeId } = await call('POST', at + '/routes', { routeKey, target: `integrations/${integrationId}`, ...(replies && { routeResponseSelectionExpression: '$default' }) })
  if (replies) await call('POST', at + path`/routes/${routeId}/routeresponses`, { routeResponseKey: '$default' })
}
