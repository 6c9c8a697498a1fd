// What is asked about a route: its settings, its reply, and what a new one needs.
import { h } from '../dom.js'
import { all, call, path } from '../api.js'
import { code, details, link, notice, toast } from '../ui.js'
import { dialog } from '../dialog.js'
import { form, field, group, input, choice, check, radios } from '../form.js'
import { editor } from '../editor.js'
import { expressionField } from './expression_field.js'
import { to } from '../router.js'
import { modelsByKey, parameters } from './rows.js'
import { target, starting } from './integration_form.js'
import { calls, change, filled, free, isProxy, kindOf } from './definition.js'

/** saved says what follows from a change. */
export const saved = () => toast('Saved. Deploy the API for clients to see it.')

const onlyConnect = 'Only $connect can ask for authorization or an API key: who connects is decided once, in the handshake.'

/** routeForm edits the settings of a route. */
export function routeForm(board, route, done) {
  const connect = route.routeKey === '$connect'
  const key = input({ value: route.routeKey, spellcheck: 'false' })
  const type = choice([{ value: 'NONE', label: 'None: everybody may connect' }, { value: 'AWS_IAM', label: 'AWS IAM: the client signs' }, { value: 'CUSTOM', label: 'Lambda authorizer' }], { value: route.authorizationType })
  const who = choice([{ value: '', label: 'Choose one' }, ...board.authorizers.map(a => ({ value: a.authorizerId, label: a.name }))], { value: route.authorizerId ?? '' })
  const needsKey = check('API key required', { checked: route.apiKeyRequired, hint: 'The key of a usage plan that has the stage.' })
  const keyless = h('div', { hidden: true }, notice('warn', 'No usage plan has a stage of this API: nobody has a key that opens it. ', link('Usage plans', '/plans')))
  const plans = () => {
    keyless.hidden = true
    if (needsKey.control.checked) all('/usageplans', { signal: board.signal }).then(list => { keyless.hidden = !needsKey.control.checked || list.some(p => p.apiStages?.some(s => s.apiId === board.id)) }).catch(() => {}) // who may not see plans is told nothing of them
  }
  needsKey.control.addEventListener('change', plans)
  if (connect) plans()
  const name = input({ value: route.operationName ?? '' })
  const expression = expressionField({ label: 'Model selection expression', value: route.modelSelectionExpression, use: 'model', name: 'modelselectionexpression', hint: h('span', {}, 'Which model a message has to follow. Without an expression nothing is checked; ', code('\\$default'), ' checks all messages by the model under ', code('$default'), '.') })
  const models = modelsByKey(route.requestModels, board.models)
  models.addEventListener('click', () => { if (expression.value === '' && Object.keys(models.value).length > 0) expression.value = '\\$default' }) // without it no message is checked
  const needed = parameters(route.requestParameters)
  const authorizer = field({ label: 'Authorizer', control: who, name: 'authorizer', hint: board.authorizers.fault ? `Authorizers could not be listed: ${board.authorizers.fault.message}` : board.authorizers.length === 0 ? link('Make an authorizer first', to`/apis/${board.id}/authorizers`) : undefined })
  const show = () => { authorizer.hidden = type.value !== 'CUSTOM' }
  type.addEventListener('change', show)
  show()
  const access = connect
    ? [h('div', { class: 'form-grid' }, field({ label: 'Authorization', control: type, name: 'authorizationtype|authorization' }), authorizer), needsKey, keyless]
    : h('p', { class: 'hint' }, onlyConnect)
  const validated = [
    expression,
    group({ label: 'Request models', control: models, name: 'model', optional: true, hint: board.models.length === 0 ? h('span', {}, 'There are no models yet. ', link('Make one', to`/apis/${board.id}/models`)) : undefined }),
  ]
  return form({
    label: 'Save settings',
    fields: [
      connect || route.routeKey === '$disconnect' || route.routeKey === '$default' ? null : field({ label: 'Route key', control: key, name: 'route key|route with key|routekey' }),
      access, route.routeKey === '$disconnect' ? null : connect ? details('Models', h('div', { class: 'form' }, validated)) : validated,
      details('More', h('div', { class: 'form' }, field({ label: 'Operation name', control: name, name: 'operationname', optional: true }),
        group({ label: 'Request parameters', control: needed, name: 'parameter', optional: true, hint: h('span', {}, 'Headers and query parameters of the handshake that mappings may use: ', code('route.request.header.NAME'), '.') }))),
    ],
    save: async () => {
      const custom = type.value === 'CUSTOM'
      const after = {
        routeKey: key.value.trim(), modelSelectionExpression: expression.value, operationName: name.value.trim(), requestModels: models.value, requestParameters: needed.value,
        ...(connect && { authorizationType: type.value, authorizerId: custom ? who.value : '', apiKeyRequired: needsKey.control.checked }),
      }
      const { body, gone } = change(route, after, { emptied: ['requestModels'] })
      const at = board.of + path`/routes/${route.routeId}`
      if (Object.keys(body).length > 0) await call('PATCH', at, body)
      for (const [, parameter] of gone) await call('DELETE', at + path`/requestparameters/${parameter}`)
    },
    done: () => { saved(); return done() },
  })
}

/** reply turns the replies of a route on or off, and keeps the rest of its response. */
export async function reply(board, route, response, on) {
  const at = board.of + path`/routes/${route.routeId}`
  if (on) {
    if (!response) await call('POST', at + '/routeresponses', { routeResponseKey: '$default' })
    if (!route.routeResponseSelectionExpression) await call('PATCH', at, { routeResponseSelectionExpression: '$default' })
    return
  }
  if (response) await call('DELETE', at + path`/routeresponses/${response.routeResponseId}`)
  if (route.routeResponseSelectionExpression) await call('PATCH', at, { routeResponseSelectionExpression: '' })
}

const mockReply = '{\n  "connectionId": "$context.connectionId",\n  "received": $input.json(\'$\')\n}'

/** newRoute asks for a new route and what it calls; the result is the route. */
export function newRoute(board, { key: proposed = '' } = {}) {
  const left = free(board.routes)
  const key = input({ value: proposed, spellcheck: 'false', autocomplete: 'off', placeholder: 'sendMessage' })
  const shortcuts = left.length > 0 && h('div', { class: 'row' }, left.map(k => h('button', { type: 'button', class: 'button small', onclick: () => { key.value = k; key.dispatchEvent(new Event('input')) } }, k)))
  const whom = radios([
    { value: 'new', label: 'A new integration' },
    { value: 'existing', label: 'One that exists', disabled: board.integrations.length === 0, hint: board.integrations.length === 0 ? 'There is none yet.' : undefined },
    { value: 'none', label: 'None for now' },
  ], { label: 'Integration', onChange: () => show() })
  const known = choice(board.integrations.map(i => ({ value: i.integrationId, label: `${kindOf(i)}: ${calls(i)} (${i.integrationId})` })))
  const made = target({}, { onType: () => show() })
  const answer = editor({ value: mockReply, language: 'vtl', kind: 'template', label: 'Reply', lines: 5 })
  const two = check('Two-way communication', { checked: true, hint: 'The client gets what the integration answers as a reply.' })
  const existing = field({ label: 'Integration', control: known })
  const template = group({ label: 'Reply', control: answer, hint: 'A template that makes the reply of the mock.' })
  const lone = () => key.value.trim() === '$connect' || key.value.trim() === '$disconnect'
  const replies = () => !lone() && two.control.checked && whom.value !== 'none'
  const show = () => {
    made.hidden = whom.value !== 'new'
    existing.hidden = whom.value !== 'existing'
    two.hidden = lone() || whom.value === 'none'
    template.hidden = !(replies() && whom.value === 'new' && made.type() === 'MOCK')
  }
  key.addEventListener('input', show)
  two.control.addEventListener('change', show)
  made.start()
  return dialog({
    title: 'Create route',
    body: close => form({
      label: 'Create route', cancel: () => close(),
      fields: [
        h('div', { class: 'stack' }, field({ label: 'Route key', control: key, name: 'route key|route with key|routekey', hint: h('span', {}, 'What ', code(board.api.routeSelectionExpression), ' comes to for the messages of this route', shortcuts ? ', or one of these:' : '.') }), shortcuts),
        group({ label: 'Integration', control: whom }), existing, made, two, template,
      ],
      save: async () => {
        if (key.value.trim() === '') throw new Error('Route key is required')
        if (!template.hidden && !await answer.check()) throw new Error('The reply is no template that the node takes.')
        return create(board, {
          key: key.value.trim(), integration: whom.value === 'existing' ? known.value : undefined,
          body: whom.value === 'new' ? { ...made.read(), ...starting(made.type()) } : undefined, reply: replies(), template: template.hidden ? undefined : answer.value,
        })
      },
      done: route => { toast(`Route ${route.routeKey} is made. Deploy the API for clients to see it.`); close(route) },
    }),
  })
}

/** create makes a route with all it needs, or nothing at all. */
async function create({ of }, { key, integration, body, reply: replies, template }) {
  const made = []
  const post = async (at, id, object) => {
    const got = await call('POST', of + at, filled(object))
    made.push(of + at + path`/${got[id]}`)
    return got
  }
  try {
    let id = integration
    if (body) {
      id = (await post('/integrations', 'integrationId', body)).integrationId
      const at = path`/integrations/${id}/integrationresponses`
      if (!isProxy(body)) await call('POST', of + at, { integrationResponseKey: '$default', ...(template && { responseTemplates: { $default: template }, templateSelectionExpression: '\\$default' }) })
    }
    const route = await post('/routes', 'routeId', { routeKey: key, target: id && `integrations/${id}`, routeResponseSelectionExpression: replies ? '$default' : '' })
    if (replies) await call('POST', of + path`/routes/${route.routeId}/routeresponses`, { routeResponseKey: '$default' })
    return route
  } catch (err) {
    for (const at of made.reverse()) await call('DELETE', at).catch(() => {}) // the first error is what counts
    throw err
  }
}
