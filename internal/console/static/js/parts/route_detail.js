// One route: its picture, and below it the part that was chosen.
import { h, replace } from '../dom.js'
import { all, call, path } from '../api.js'
import { beside, button, code, copied, details, empty, later, link, notice, problem, section, toast } from '../ui.js'
import { confirm } from '../dialog.js'
import { form, field, group, choice, check } from '../form.js'
import { expressionField } from './expression_field.js'
import { to } from '../router.js'
import { integrationFields } from './integration_form.js'
import { saveIntegration, newIntegration } from './integration_edit.js'
import { integrationResponses } from './integration_responses.js'
import { modelsByKey, parameters } from './rows.js'
import { routeForm, reply, saved } from './route_form.js'
import { picture } from './route_picture.js'
import { testRoute } from './test_route.js'
import { saveChild } from './child.js'
import { calls, isProxy, kindOf, targetOf, vpcLinks } from './definition.js'

/** routeDetail shows a route of a board; part is what is chosen of it. */
export function routeDetail(board, route, part) {
  const state = { response: undefined, responses: undefined }
  const drawing = h('div')
  const panel = h('div', { class: 'route-panel', id: 'route-part', tabindex: '-1' })
  const integration = board.integrations.find(i => i.integrationId === targetOf(route))
  const sketch = () => replace(drawing, picture(route, board, state, { chosen: part, choose }))
  function choose(id) {
    part = id
    const focused = drawing.contains(document.activeElement)
    sketch()
    if (focused) drawing.querySelector('[aria-pressed=true]')?.focus()
    board.chose(route, part)
    replace(panel, panels[part]())
  }
  const panels = {
    request: () => section({ title: 'Route request', about: 'Which messages come here, who may send them, and what they have to look like.' }, routeForm(board, route, board.reload)),
    integration: () => integrationPart(board, route, integration),
    answer: () => answerPart(board, route, integration, list => { state.responses = list; sketch() }),
    response: () => section({ title: 'Route response', about: 'Whether clients get what the integration answers, as a reply to their message.' }, later(async () => responsePart(board, route, await ready()), { signal: board.signal })),
    test: () => testRoute(board, route),
  }
  const ready = async () => {
    state.response = (await all(board.of + path`/routes/${route.routeId}/routeresponses`, { signal: board.signal }))[0] ?? null
    sketch()
    return state.response
  }
  if (integration && !isProxy(integration)) {
    all(board.of + path`/integrations/${integration.integrationId}/integrationresponses`, { signal: board.signal }).then(list => { state.responses = list; sketch() }).catch(() => {})
  }
  if (!panels[part]) part = 'request'
  sketch()
  if (part !== 'response') ready().catch(() => {}) // the part that needs it says so
  replace(panel, panels[part]())
  return h('div', { class: 'stack route-detail' },
    h('header', { class: 'section-head' },
      h('div', {}, h('h2', { class: 'mono', tabindex: '-1', id: 'route-name' }, route.routeKey), h('p', { class: 'about' }, 'Route ', copied(route.routeId, { label: 'Copy the id' }))),
      h('div', { class: 'actions' }, button('Test this route', () => { choose('test'); panel.focus() }, { icon: 'play' }), button('Delete', () => drop(board, route), { icon: 'trash', kind: 'plain' }))),
    drawing, panel)
}

const drop = (board, route) => confirm({
  title: `Delete the route ${route.routeKey}?`,
  text: route.routeKey.startsWith('$') ? 'Its response goes with it; its integration stays. What is deployed does not change until you deploy.' : 'Its response goes with it; its integration stays. Once that is deployed, its messages go to $default, or are refused.',
  does: async () => { await call('DELETE', board.of + path`/routes/${route.routeId}`); toast(`Route ${route.routeKey} is deleted.`); await board.reload({ route: null, part: 'request' }) },
})

function integrationPart(board, route, integration) {
  const title = 'Integration request'
  if (!integration && targetOf(route) && board.integrations.fault) return section({ title }, problem(board.integrations.fault, () => board.reload()))
  if (!integration) {
    return section({ title, about: 'Whom this route calls, and with what.' }, empty('No integration', targetOf(route) ? `The route targets ${targetOf(route)}, which is not there.` : 'Messages of this route reach nobody yet.',
      button('Create integration', () => attachNew(board, route), { kind: 'primary', icon: 'plus' })), board.integrations.length > 0 && attach(board, route))
  }
  const others = board.routes.filter(r => r !== route && targetOf(r) === integration.integrationId)
  return section({
    title, about: ['What ', link(`integration ${integration.integrationId}`, to`/apis/${board.id}/integrations/${integration.integrationId}`), ' is sent.'],
    actions: [button('New integration', () => attachNew(board, route), { icon: 'plus', kind: 'small' })],
  },
  others.length > 0 && notice('warn', `Changes count for ${others.length === 1 ? 'another route' : `${others.length} other routes`} too: `, others.slice(0, 6).map((r, i) => [i > 0 && ', ', code(r.routeKey)]), others.length > 6 && ' …'),
  later(async () => {
    const asked = integrationFields(integration, { links: await vpcLinks(board.signal) })
    return form({
      label: 'Save integration', fields: asked.fields,
      save: async () => {
        if (!await asked.check()) throw new Error('A template is wrong: see the line under it.')
        return saveIntegration(board, integration, asked.read())
      },
      done: () => { saved(); return board.reload() },
    })
  }, { signal: board.signal }),
  board.integrations.length > 1 && details('Call another integration', attach(board, route, integration)))
}

function attach(board, route, integration) {
  const others = board.integrations.filter(i => i !== integration)
  const which = choice(others.map(i => ({ value: i.integrationId, label: `${kindOf(i)}: ${calls(i)} (${i.integrationId})` })))
  return form({
    label: 'Attach', fields: [field({ label: 'An integration that exists', control: which, name: 'integration' })],
    save: () => call('PATCH', board.of + path`/routes/${route.routeId}`, { target: `integrations/${which.value}` }),
    done: () => { saved(); return board.reload() },
  })
}

async function attachNew(board, route) {
  const made = await newIntegration(board)
  if (!made) return
  await call('PATCH', board.of + path`/routes/${route.routeId}`, { target: `integrations/${made.integrationId}` })
  await board.reload()
}

function answerPart(board, route, integration, changed) {
  const title = 'Integration response'
  if (!integration) return section({ title }, empty('No integration', 'Nobody answers yet: attach an integration first.'))
  if (isProxy(integration)) {
    return section({ title }, empty('Passed through', `${kindOf(integration)}: what the backend answers goes to the client as it is. An integration that is no proxy has templates here.`))
  }
  return section({ title, about: ['What becomes of the answer. The first response whose key matches ', code(integration.integrationResponseSelectionExpression), ' counts, else $default.'] }, integrationResponses(board.of, integration, { signal: board.signal, changed }))
}

function responsePart(board, route, response) {
  const collection = board.of + path`/routes/${route.routeId}/routeresponses`
  const reserved = route.routeKey === '$connect' || route.routeKey === '$disconnect'
  const on = check('Two-way communication', { checked: Boolean(response), role: 'switch', hint: reserved ? 'Matters for messages; this route has none.' : 'On: what the integration answers is the reply. Off: the client hears nothing.' })
  const says = Object.keys({ ...response?.responseModels, ...response?.responseParameters }).length > 0
  const turn = async wanted => { await reply(board, route, response, wanted); saved() }
  on.control.addEventListener('change', async () => {
    on.control.disabled = true
    try {
      if (on.control.checked || !says) await turn(on.control.checked)
      else await confirm({ title: 'Turn replies off?', action: 'Turn off', text: 'The route response goes, and its models and parameters with it.', does: () => turn(false) })
    } catch (err) {
      on.control.checked = Boolean(response)
      on.control.disabled = false
      beside(on, err)
      return
    }
    await board.reload({ part: 'response' })
  })
  if (!response) return on
  const expression = expressionField({ label: 'Model selection expression', value: response.modelSelectionExpression, use: 'model', name: 'modelselectionexpression' })
  const models = modelsByKey(response.responseModels, board.models)
  const given = parameters(response.responseParameters, 'route.response')
  return h('div', { class: 'stack' }, on, form({
    label: 'Save response',
    fields: [
      h('p', { class: 'about' }, 'Response selection expression: ', code(route.routeResponseSelectionExpression || 'none'), '. API Gateway knows ', code('$default'), ' alone.'),
      expression,
      group({ label: 'Response models', control: models, name: 'model', optional: true, hint: 'For who reads the API: replies are not held against them.' }),
      group({ label: 'Response parameters', control: given, name: 'parameter', optional: true }),
    ],
    save: () => saveChild(collection, 'routeResponseId', response, { routeResponseKey: response.routeResponseKey, modelSelectionExpression: expression.value, responseModels: models.value, responseParameters: given.value }),
    done: () => { saved(); return board.reload() },
  }))
}
