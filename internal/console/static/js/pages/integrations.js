// The integrations of an API: all of them with the routes that use them, or one of them.
import { h } from '../dom.js'
import { call, path } from '../api.js'
import { button, code, copied, empty, facts, later, link, page, section, status, toast } from '../ui.js'
import { table } from '../table.js'
import { confirm } from '../dialog.js'
import { form } from '../form.js'
import { go, to } from '../router.js'
import { goFrom } from '../unsaved.js'
import { deployMenu } from '../parts/deploy.js'
import { saved } from '../parts/route_form.js'
import { integrationFields } from '../parts/integration_form.js'
import { newIntegration, saveIntegration } from '../parts/integration_edit.js'
import { integrationResponses } from '../parts/integration_responses.js'
import { calls, definition, isProxy, kindOf, targetOf, vpcLinks } from '../parts/definition.js'

export const title = 'Integrations'

export async function show(context) {
  const { params, signal } = context
  const board = await definition(params.api, signal)
  if (board.integrations.fault) throw board.integrations.fault
  board.signal = signal
  const used = id => board.routes.filter(r => targetOf(r) === id)
  if (!params.integration) return listed(board, used, context)
  const one = board.integrations.find(i => i.integrationId === params.integration)
  if (!one) throw Object.assign(new Error(`There is no integration ${params.integration} in this API. It may have been deleted.`), { status: 404 })
  return single(board, one, used(one.integrationId), context)
}

const routeLinks = (board, routes) => routes.map((r, i) => [i > 0 && ', ', link(code(r.routeKey), to`/apis/${board.id}/routes/${r.routeId}`)])

function listed(board, used, context) {
  const create = async () => {
    const made = await newIntegration(board)
    if (made) go(to`/apis/${board.id}/integrations/${made.integrationId}`)
  }
  const shown = 8
  return page({ title, about: 'What routes call. One integration may serve several routes.', actions: [button('Create integration', create, { icon: 'plus' }), deployMenu(board.id, context)] },
    table({
      label: 'integrations', rows: board.integrations, key: i => i.integrationId, open: i => go(to`/apis/${board.id}/integrations/${i.integrationId}`), sort: { by: 1, down: false },
      none: empty('No integrations yet', 'An integration is a backend and how it is called: a Lambda function, an HTTP service, a service of AWS, or the gateway itself.', button('Create integration', create, { kind: 'primary', icon: 'plus' })),
      columns: [
        { name: 'Calls', wide: true, of: calls, show: i => [link(calls(i), to`/apis/${board.id}/integrations/${i.integrationId}`), i.description && i.integrationType !== 'MOCK' && h('div', { class: 'hint' }, i.description)] },
        { name: 'Type', of: kindOf },
        { name: 'Routes', of: i => used(i.integrationId).map(r => r.routeKey).join(' '), show: i => {
          const routes = used(i.integrationId)
          return routes.length === 0 ? status('plain', 'Not used') : h('div', { class: 'keys' }, routeLinks(board, routes.slice(0, shown)), routes.length > shown && ` and ${routes.length - shown} more`)
        } },
        { name: 'ID', of: i => i.integrationId, show: i => code(i.integrationId) },
      ],
    }))
}

function single(board, integration, routes, context) {
  const drop = async () => {
    const gone = await confirm({
      title: 'Delete this integration?', text: routes.length > 0 ? `${routes.length === 1 ? 'A route calls' : `${routes.length} routes call`} it: the node refuses until they call another one.` : 'Its responses go with it. What is deployed does not change until you deploy.',
      does: async () => { await call('DELETE', board.of + path`/integrations/${integration.integrationId}`); toast('The integration is deleted.') },
    })
    if (gone) goFrom(to`/apis/${board.id}/integrations`)
  }
  return page({ title: calls(integration), about: [link('Integrations', to`/apis/${board.id}/integrations`), ' / ', kindOf(integration)], actions: [button('Delete', drop, { icon: 'trash', kind: 'plain' }), deployMenu(board.id, context)] },
    section({}, facts({ ID: copied(integration.integrationId), Type: code(integration.integrationType), 'Used by': routes.length > 0 ? h('div', { class: 'keys' }, routeLinks(board, routes)) : 'no route' })),
    section({ title: 'Request', about: 'Whom it calls, and with what.' }, later(async () => {
      const asked = integrationFields(integration, { links: await vpcLinks(context.signal) })
      return form({
        label: 'Save integration', fields: asked.fields,
        save: async () => {
          if (!await asked.check()) throw new Error('A template is wrong: see the line under it.')
          return saveIntegration(board, integration, asked.read())
        },
        done: made => {
          saved()
          if (made.integrationId === integration.integrationId) context.refresh()
          else go(to`/apis/${board.id}/integrations/${made.integrationId}`, { instead: true })
        },
      })
    }, { signal: context.signal })),
    !isProxy(integration) && section({ title: 'Integration responses', about: ['What becomes of the answer. The first response whose key matches ', code(integration.integrationResponseSelectionExpression), ' counts, else $default.'] },
      integrationResponses(board.of, integration, { signal: context.signal })))
}
