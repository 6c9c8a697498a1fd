// What is asked about an integration, wherever it is asked: on its own page, beside a route, or while a route is made.
import { h } from '../dom.js'
import { session } from '../api.js'
import { code, details } from '../ui.js'
import { field, group, input, choice, pairs } from '../form.js'
import { expressionField } from './expression_field.js'
import { templates } from './templates.js'
import { functionOf, lambdaURI } from './definition.js'

const types = [
  { value: 'MOCK', label: 'Mock: the gateway answers itself' },
  { value: 'AWS_PROXY', label: 'Lambda proxy: a function gets the event' },
  { value: 'AWS', label: 'Lambda or AWS service: gets what a template makes' },
  { value: 'HTTP_PROXY', label: 'HTTP proxy: a backend gets the message' },
  { value: 'HTTP', label: 'HTTP: a backend gets what a template makes' },
]
const methods = ['POST', 'PUT', 'PATCH', 'GET', 'DELETE', 'HEAD', 'OPTIONS', 'ANY']

/** target asks for the type of an integration and whom it calls; read() is that part of its body. */
export function target(value = {}, { onType = () => {}, defaultType = 'MOCK' } = {}) {
  const type = choice(types, { value: value.integrationType ?? defaultType })
  const lambda = functionOf(value.integrationUri)
  const isHTTP = () => type.value.startsWith('HTTP')
  const isAWS = () => type.value.startsWith('AWS')
  const method = choice(methods, { value: value.integrationMethod ?? 'POST' })
  const url = input({ value: value.integrationType?.startsWith('HTTP') ? value.integrationUri : '', placeholder: 'https://backend.example.com/events', inputmode: 'url', spellcheck: 'false' })
  const uri = input({ value: value.integrationType?.startsWith('AWS') ? value.integrationUri : '', placeholder: 'my-function', spellcheck: 'false' })
  const means = h('span', {})
  const http = h('div', { class: 'form-grid method-url' }, field({ label: 'Method', control: method, name: 'httpmethod|integrationmethod' }), field({ label: 'URL', control: url, name: 'http endpoint|integrationuri', hint: 'May have ${stageVariables.name}, and {name} for a path parameter.' }))
  const aws = field({ label: 'Function or URI', control: uri, name: 'arn |arns |integrationuri', hint: h('span', {}, 'A function’s name, its ARN, or the URI of an action of an AWS service. ', means) })
  const said = () => lambdaURI(uri.value, session.current)
  const show = () => {
    http.hidden = !isHTTP()
    aws.hidden = !isAWS()
    means.textContent = uri.value.trim() && said() !== uri.value.trim() ? `It becomes ${said()}` : ''
    onType(type.value)
  }
  type.addEventListener('change', show)
  uri.addEventListener('input', show)
  const el = h('div', { class: 'form' }, field({ label: 'Type', control: type, name: 'integrationtype' }), http, aws)
  el.lambda = lambda
  el.type = () => type.value
  el.read = () => ({
    integrationType: type.value,
    ...(isHTTP() && { integrationMethod: method.value, integrationUri: url.value.trim() }),
    ...(isAWS() && { integrationUri: said() }),
  })
  el.start = show
  return el
}

/** starting is what an integration of a type needs to work at once. */
export const starting = type => type === 'MOCK' ? { requestTemplates: { $default: '{"statusCode": 200}' }, templateSelectionExpression: '\\$default' } : {}

/** integrationFields asks for a whole integration: { fields, read, check }. */
export function integrationFields(value = {}, { links = [] } = {}) {
  const made = Boolean(value.integrationId)
  const initial = made ? value : { ...starting('MOCK'), ...value }
  const whom = target(value, { onType: type => { if (!made) begin(type); show(type) } })
  const connection = choice([{ value: 'INTERNET', label: 'Internet' }, { value: 'VPC_LINK', label: 'VPC link' }], { value: value.connectionType ?? 'INTERNET' })
  const known = h('datalist', { id: `links-${value.integrationId ?? 'new'}` }, links.map(l => h('option', { value: l.id }, l.name)))
  const link = input({ value: value.connectionId ?? '', list: known.id, spellcheck: 'false' })
  const timeout = input({ type: 'number', value: value.timeoutInMillis ?? 29000, step: 1 })
  const credentials = input({ value: value.credentialsArn ?? '', placeholder: 'arn:aws:iam::123456789012:role/name', spellcheck: 'false' })
  const content = choice([{ value: '', label: 'As it comes' }, { value: 'CONVERT_TO_TEXT', label: 'Convert to text' }, { value: 'CONVERT_TO_BINARY', label: 'Convert to binary' }], { value: value.contentHandlingStrategy ?? '' })
  const passthrough = choice([{ value: 'WHEN_NO_MATCH', label: 'When no template matches' }, { value: 'WHEN_NO_TEMPLATES', label: 'When there are no templates' }, { value: 'NEVER', label: 'Never' }], { value: value.passthroughBehavior ?? 'WHEN_NO_MATCH' })
  const description = input({ value: value.description ?? '', maxlength: 1024 })
  const mapped = pairs(value.requestParameters, { name: 'integration.request.header.NAME', of: 'route.request.body.name', add: 'Add mapping' })
  const expression = expressionField({ label: 'Template selection expression', value: initial.templateSelectionExpression, use: 'request', name: 'templateselectionexpression', hint: 'Which template makes the request: what it comes to is the key. Else the one under $default does.' })
  const texts = templates(initial.requestTemplates)

  const linked = h('div', {}, link, known)
  linked.control = link
  const linkField = field({ label: 'VPC link', control: linked, name: 'connectionid|vpc link|vpclink', hint: links.fault ? `Links could not be listed: ${links.fault.message}` : 'The id of a link of version 1, or ${stageVariables.name}.' })
  const wait = field({ label: 'Timeout in milliseconds', control: timeout, name: 'timeout' })
  const network = h('div', { class: 'form-grid' }, field({ label: 'Connection', control: connection, name: 'connectiontype', hint: 'TLS follows from the URL: a TLS configuration of its own is for HTTP APIs only.' }), linkField, wait)
  const parameters = group({ label: 'Request parameters', control: mapped, name: 'requestparameters|parameter', optional: true,
    hint: h('span', {}, 'To ', code('integration.request.header'), ', ', code('querystring'), ' or ', code('path'), ' of the backend, from the message (', code('route.request.body.name'), '), the handshake, ', code('context.connectionId'), ', ', code('stageVariables.name'), ' or a text in quotes: ', code("'text'"), '.') })
  const bodies = h('div', { class: 'form' }, expression,
    group({ label: 'Request templates', control: texts, name: 'requesttemplates', optional: true }), field({ label: 'Pass the message through unchanged', control: passthrough, name: 'passthroughbehavior' }))
  const access = field({ label: 'Credentials', control: credentials, name: 'credentialsarn|role arn', optional: true })
  const more = details('More', h('div', { class: 'form' }, h('div', { class: 'form-grid' }, field({ label: 'Content handling', control: content, name: 'contenthandling' }), access), field({ label: 'Description', control: description, name: 'description', optional: true })))
  more.open = Boolean(value.description || value.credentialsArn || value.contentHandlingStrategy)

  let begun = initial
  const begin = type => { // what nobody has changed makes room for what another type needs
    if (expression.value !== (begun.templateSelectionExpression ?? '') || JSON.stringify(texts.value) !== JSON.stringify(begun.requestTemplates ?? {})) return
    begun = starting(type)
    expression.value = begun.templateSelectionExpression ?? ''
    texts.value = begun.requestTemplates
  }
  const plain = type => type.endsWith('_PROXY')
  const show = (type = whom.type()) => {
    network.hidden = parameters.hidden = access.hidden = type === 'MOCK'
    linkField.hidden = connection.value !== 'VPC_LINK'
    bodies.hidden = plain(type)
  }
  connection.addEventListener('change', () => show())
  whom.start()

  const read = () => {
    const type = whom.type()
    const calling = type === 'MOCK' ? {} : {
      connectionType: connection.value, ...(connection.value === 'VPC_LINK' && { connectionId: link.value.trim() }),
      timeoutInMillis: timeout.value === '' ? 0 : Number(timeout.value), credentialsArn: credentials.value.trim(), requestParameters: mapped.value,
    }
    const making = plain(type) ? {} : { templateSelectionExpression: expression.value, requestTemplates: texts.value, passthroughBehavior: passthrough.value }
    return { ...whom.read(), ...calling, ...making, contentHandlingStrategy: content.value, description: description.value.trim() }
  }
  return { fields: [whom, network, parameters, bodies, more], read, check: () => plain(whom.type()) ? true : texts.check() }
}
