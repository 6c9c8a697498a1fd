// Settings of an API: what it is called, how it chooses routes, and where clients reach it.
import { h } from '../dom.js'
import { call, path, all, session } from '../api.js'
import { page, section, facts, copied, code, notice, time, toast, button, link, status, empty } from '../ui.js'
import { form, field, input, textarea, check, choice } from '../form.js'
import { to } from '../router.js'
import { goFrom } from '../unsaved.js'
import { changed, isEmpty } from '../changed.js'
import { deployMenu, deleteAPI, deploy, addresses } from '../parts/deploy.js'
import { tags, arn } from '../parts/tags.js'

export const title = 'Settings'

/** show shows the settings of an API. */
export async function show(context) {
  const { params, signal, refresh } = context
  const [api, stages] = await Promise.all([call('GET', path`/v2/apis/${params.api}`, undefined, { signal }), all(path`/v2/apis/${params.api}/stages`, { signal })])
  return page({ title: api.name, badge: api.disableExecuteApiEndpoint && status('warn', 'default endpoint off'), about: 'Settings of the API', actions: [deployMenu(api.apiId, context)] },
    section({ title: 'Reach it' }, reach(api, stages, context)),
    section({ title: 'General', about: 'Clients see a change after the next deployment.' }, edit(api, refresh)),
    section({ title: 'Tags' }, tags(arn(`/apis/${api.apiId}`), api)),
    section({ title: 'Delete', about: 'With all its routes, integrations, models, stages and deployments.', actions: [button('Delete API', async () => { if (await deleteAPI(api)) goFrom('/apis') }, { kind: 'danger', icon: 'trash' })] }))
}

function reach(api, stages, context) {
  const basics = facts({ 'API ID': copied(api.apiId), Endpoint: copied(api.apiEndpoint), ARN: copied(arn(`/apis/${api.apiId}`)), Created: time(api.createdDate), Protocol: api.protocolType })
  if (stages.length === 0) return [basics, empty('No stage yet', 'Clients connect to a stage of the API. Deploy the API to make one.', button('Deploy API', () => deploy(api.apiId, { context }), { kind: 'primary' }))]
  const first = addresses(api, stages[0].stageName).connect
  return [
    basics,
    h('div', { class: 'table-scroll' }, h('table', { 'aria-label': 'Addresses of stages' },
      h('thead', {}, h('tr', {}, ['Stage', 'Clients connect to', 'Backends push to'].map(t => h('th', { scope: 'col' }, t)))),
      h('tbody', {}, stages.map(s => {
        const at = addresses(api, s.stageName)
        return h('tr', {}, h('th', { scope: 'row' }, link(s.stageName, to`/apis/${api.apiId}/stages/${s.stageName}`)), h('td', {}, copied(at.connect)), h('td', {}, copied(at.push)))
      })))),
    h('details', {}, h('summary', {}, 'How to connect'), h('dl', { class: 'stack' }, ways(first).map(([name, text]) => h('div', {}, h('dt', { class: 'about' }, name), h('dd', {}, copied(text)))))),
    session.current.region && notice('plain', 'Backends sign what they push with an access key of the region ', code(session.current.region), '. The ', link('client', to`/apis/${api.apiId}/client`), ' connects from here.'),
  ]
}

const ways = address => [
  ['In a browser', `const socket = new WebSocket(${JSON.stringify(address)})`],
  ['In a terminal', `gangway connect ${address}`],
  ['With wscat', `wscat -c ${address}`],
  ['With websocat', `websocat ${address}`],
]

const keySources = ['$request.header.x-api-key', '$context.authorizer.usageIdentifierKey']

function edit(api, refresh) {
  const name = input({ value: api.name, maxlength: 128 })
  const description = textarea({ value: api.description ?? '', rows: 2 })
  const routes = input({ value: api.routeSelectionExpression, spellcheck: 'false', class: 'mono' })
  const keys = choice(keySources.includes(api.apiKeySelectionExpression) ? keySources : [...keySources, api.apiKeySelectionExpression], { value: api.apiKeySelectionExpression })
  const version = input({ value: api.version ?? '', maxlength: 64 })
  const off = check('Default endpoint is off', { checked: api.disableExecuteApiEndpoint, hint: 'Clients reach the API by its custom domain names alone.' })
  const unchecked = check('Models are not checked when deploying', { checked: api.disableSchemaValidation, hint: 'A model that is no valid schema is then found by the first message.' })
  const values = () => ({
    name: name.value, description: description.value, routeSelectionExpression: routes.value, apiKeySelectionExpression: keys.value, version: version.value,
    disableExecuteApiEndpoint: off.control.checked, disableSchemaValidation: unchecked.control.checked,
  })
  let loaded = values()
  return form({
    fields: [
      h('div', { class: 'form-grid' }, field({ label: 'Name', control: name, name: 'name' }), field({ label: 'Version', control: version, name: 'version', optional: true, hint: 'A word of yours; nothing depends on it.' })),
      field({ label: 'Description', control: description, name: 'description', optional: true }),
      h('div', { class: 'form-grid' },
        field({ label: 'Route selection expression', control: routes, name: 'routeSelectionExpression', hint: ['What of a message names its route. ', code('$request.body.action'), ' sends ', code('{"action": "join"}'), ' to the route ', code('join'), '.'] }),
        field({ label: 'API key selection expression', control: keys, name: 'apiKeySelectionExpression', hint: 'Where a client shows its API key, on routes that ask for one.' })),
      off, unchecked,
    ],
    save: async () => {
      const body = changed(loaded, values())
      if (!isEmpty(body)) await call('PATCH', path`/v2/apis/${api.apiId}`, body)
      loaded = values()
      return body
    },
    done: body => {
      toast(isEmpty(body) ? 'Nothing has changed.' : 'Saved. Deploy the API to have stages serve it.')
      if ('name' in body || 'disableExecuteApiEndpoint' in body) refresh() // both are in the head of the page
    },
  })
}
