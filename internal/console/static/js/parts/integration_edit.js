// Saving integrations: what an update cannot take away is taken away by making the integration anew, once that was agreed to.
import { h } from '../dom.js'
import { call, path } from '../api.js'
import { code, toast } from '../ui.js'
import { dialog, confirm } from '../dialog.js'
import { form } from '../form.js'
import { integrationFields } from './integration_form.js'
import { declined } from './child.js'
import { change, filled, remakeIntegration, targetOf, vpcLinks } from './definition.js'

/** saveIntegration saves what is different; the result is the integration. */
export async function saveIntegration(board, before, after) {
  const { body, gone, any } = change(before, after, { emptied: ['requestParameters'] })
  if (!any) return before
  if (gone.length === 0) return call('PATCH', board.of + path`/integrations/${before.integrationId}`, body)
  const routes = board.routes.filter(r => targetOf(r) === before.integrationId)
  let made
  await confirm({
    title: 'Make the integration anew?', action: 'Make it anew',
    text: h('span', {}, 'API Gateway has no call that takes a template away: ', gone.map(([, key], i) => [i > 0 && ', ', code(key)]), ' can only go with the integration. A copy without it is made, with another id; ',
      routes.length === 0 ? 'no route uses it' : `${routes.length === 1 ? 'its route is' : `its ${routes.length} routes are`} led to the copy`, ', and the old one is deleted.'),
    does: async () => { made = await remakeIntegration(board, before, after) },
  })
  if (!made) throw declined()
  return made
}

/** newIntegration asks for a new integration; the result is it, or undefined. */
export async function newIntegration(board) {
  const asked = integrationFields({}, { links: await vpcLinks(board.signal) })
  return dialog({
    title: 'Create integration', wide: true,
    body: close => form({
      label: 'Create integration', cancel: () => close(), fields: asked.fields,
      save: async () => {
        if (!await asked.check()) throw new Error('A template is wrong: see the line under it.')
        return call('POST', board.of + '/integrations', filled(asked.read()))
      },
      done: made => { toast(`Integration ${made.integrationId} is made.`); close(made) },
    }),
  })
}
