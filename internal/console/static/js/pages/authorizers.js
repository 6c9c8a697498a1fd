// Who may connect: the Lambda authorizers of an API, and the JSON Web Tokens that the node itself can ask for.
import { h } from '../dom.js'
import { call, path, session } from '../api.js'
import { button, code, copied, empty, facts, link, notice, page, section, status, toast } from '../ui.js'
import { table } from '../table.js'
import { confirm, dialog } from '../dialog.js'
import { form, field, group, input } from '../form.js'
import { go, to } from '../router.js'
import { goFrom } from '../unsaved.js'
import { deployMenu } from '../parts/deploy.js'
import { saved } from '../parts/route_form.js'
import { texts } from '../parts/rows.js'
import { tokens } from '../parts/tokens.js'
import { change, definition, filled, functionOf, lambdaURI } from '../parts/definition.js'

export const title = 'Authorizers'

export async function show(context) {
  const { params, signal } = context
  const board = await definition(params.api, signal)
  if (board.authorizers.fault) throw board.authorizers.fault
  board.signal = signal
  const used = id => board.routes.filter(r => r.authorizerId === id)
  if (!params.authorizer) return listed(board, used, context)
  const one = board.authorizers.find(a => a.authorizerId === params.authorizer)
  if (!one) throw Object.assign(new Error(`There is no authorizer ${params.authorizer} in this API. It may have been deleted.`), { status: 404 })
  return single(board, one, used(one.authorizerId), context)
}

/** fields asks for an authorizer; read() is what was said. */
function fields(a = { name: '', identitySource: ['route.request.header.Authorization'] }) {
  const name = input({ value: a.name, autocomplete: 'off', spellcheck: 'false' })
  const uri = input({ value: a.authorizerUri ?? '', placeholder: 'my-authorizer', spellcheck: 'false' })
  const means = h('span', {})
  const said = () => uri.value.includes('${stageVariables.') ? uri.value.trim() : lambdaURI(uri.value, session.current)
  const tell = () => { means.textContent = uri.value.trim() && said() !== uri.value.trim() ? ` It becomes ${said()}` : '' }
  uri.addEventListener('input', tell)
  const sources = texts(a.identitySource ?? [], { label: 'Identity source', placeholder: 'route.request.header.Authorization', add: 'Add source' })
  const credentials = input({ value: a.authorizerCredentialsArn ?? '', placeholder: 'arn:aws:iam::123456789012:role/name', spellcheck: 'false' })
  return {
    list: [
      field({ label: 'Name', control: name, name: 'for name' }),
      field({ label: 'Function', control: uri, name: 'authorizer uri|authorizeruri', hint: h('span', {}, 'A function’s name, its ARN or its invocation URI; ', code('${stageVariables.name}'), ' gives each stage its own.', means) }),
      group({ label: 'Identity sources', control: sources, name: 'identity source|identitysource', optional: true, hint: h('span', {}, 'What a client has to show before the function is called: ', code('route.request.header.NAME'), ', ', code('route.request.querystring.NAME'), ', ', code('stageVariables.NAME'), ' or ', code('context.NAME'), '. Without one of them the client gets 401. Without sources the function is always called.') }),
      field({ label: 'Credentials', control: credentials, name: 'role arn|credentialsarn', optional: true, hint: 'The role under which the function is called.' }),
    ],
    read: () => ({ name: name.value.trim(), authorizerUri: said(), identitySource: sources.value, authorizerCredentialsArn: credentials.value.trim() }),
  }
}

const routeLinks = (board, routes) => routes.map((r, i) => [i > 0 && ', ', link(code(r.routeKey), to`/apis/${board.id}/routes/${r.routeId}`)])

function listed(board, used, context) {
  const create = async () => {
    const asked = fields()
    const made = await dialog({ title: 'Create authorizer', body: close => form({
      label: 'Create authorizer', cancel: () => close(), fields: asked.list,
      save: () => { const body = asked.read(); return call('POST', board.of + '/authorizers', { ...filled(body), authorizerType: 'REQUEST', identitySource: body.identitySource }) },
      done: a => { toast(`Authorizer ${a.name} is made. Have $connect ask it.`); close(a) },
    }) })
    if (made) context.refresh()
  }
  const connect = board.routes.find(r => r.routeKey === '$connect')
  return page({ title, about: 'Who may connect is decided once, in the handshake.', actions: [button('Create authorizer', create, { icon: 'plus' }), deployMenu(board.id, context)] },
    section({ title: 'Lambda authorizers', about: 'A function that gets the handshake and answers with a policy.' },
      board.authorizers.length > 0 && !board.routes.some(r => r.authorizationType === 'CUSTOM') && notice('warn', 'No route asks an authorizer. ', connect ? link('Have $connect ask it', to`/apis/${board.id}/routes/${connect.routeId}`) : 'Make a route $connect that does', '.'),
      table({
        label: 'authorizers', rows: board.authorizers, key: a => a.authorizerId, open: a => go(to`/apis/${board.id}/authorizers/${a.authorizerId}`), search: board.authorizers.length > 5, sort: { by: 0, down: false },
        none: empty('No authorizers yet', 'Without one, whoever knows the address connects, unless $connect asks for a signature, an API key or a token.', button('Create authorizer', create, { kind: 'primary', icon: 'plus' })),
        columns: [
          { name: 'Name', of: a => a.name, show: a => link(a.name, to`/apis/${board.id}/authorizers/${a.authorizerId}`) },
          { name: 'Function', of: a => functionOf(a.authorizerUri) ?? a.authorizerUri, show: a => code(functionOf(a.authorizerUri) ?? a.authorizerUri) },
          { name: 'Identity sources', wide: true, of: a => (a.identitySource ?? []).join(', '), show: a => (a.identitySource ?? []).map((s, i) => [i > 0 && ', ', code(s)]) },
          { name: 'Routes', of: a => used(a.authorizerId).length, show: a => used(a.authorizerId).length === 0 ? status('plain', 'Not used') : routeLinks(board, used(a.authorizerId)) },
          { name: 'ID', of: a => a.authorizerId, show: a => code(a.authorizerId) },
        ],
      })),
    tokens(board, context))
}

function single(board, authorizer, routes, context) {
  const asked = fields(authorizer)
  const at = board.of + path`/authorizers/${authorizer.authorizerId}`
  const drop = async () => {
    const gone = await confirm({
      title: `Delete the authorizer ${authorizer.name}?`, text: routes.length > 0 ? 'A route asks it: the node refuses until none does.' : 'What is deployed does not change until you deploy.',
      does: async () => { await call('DELETE', at); toast(`Authorizer ${authorizer.name} is deleted.`) },
    })
    if (gone) goFrom(to`/apis/${board.id}/authorizers`)
  }
  return page({ title: authorizer.name, about: [link('Authorizers', to`/apis/${board.id}/authorizers`), ' / Lambda authorizer'], actions: [button('Delete', drop, { icon: 'trash', kind: 'plain' }), deployMenu(board.id, context)] },
    section({}, facts({ ID: copied(authorizer.authorizerId), Type: code(authorizer.authorizerType), 'Asked by': routes.length > 0 ? routeLinks(board, routes) : 'no route' })),
    section({ title: 'Authorizer' }, form({
      label: 'Save authorizer', fields: asked.list,
      save: async () => {
        const { body, any } = change(authorizer, asked.read())
        if (any) await call('PATCH', at, body)
      },
      done: () => { saved(); context.refresh() },
    })))
}
