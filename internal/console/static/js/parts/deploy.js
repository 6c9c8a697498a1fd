// What stands in the head of every page of an API: the menu "Actions", with deploying the API and deleting it.
import { h } from '../dom.js'
import { call, path, all } from '../api.js'
import { go, to } from '../router.js'
import { button, menu, notice, facts, copied, link, toast, code } from '../ui.js'
import { dialog, confirm } from '../dialog.js'
import { form, field, input, choice } from '../form.js'
import { onStage, defined, changes } from './diff.js'
import { preview } from './preview.js'
import { goFrom, unsaved } from '../unsaved.js'

/** deployMenu is the menu of an API; context is that of the page, which is shown again when something has changed. */
export const deployMenu = (apiId, context) => menu('Actions', [
  { label: 'Deploy API', does: () => deploy(apiId, { stage: context?.params?.stage, context }) },
  null,
  { label: 'Delete API', kind: 'danger', does: async () => { if (await deleteAPI(await call('GET', path`/v2/apis/${apiId}`))) goFrom('/apis') } },
], { kind: 'primary' })

/** deleteAPI asks, and deletes an API with all that belongs to it. True: it is gone. */
export const deleteAPI = api => confirm({
  title: `Delete ${api.name}?`, word: api.name, action: 'Delete API',
  text: 'Its routes, integrations, models, stages and deployments are deleted with it, and every client that is connected is disconnected. This cannot be undone.',
  does: async () => { await call('DELETE', path`/v2/apis/${api.apiId}`); toast(`${api.name} is deleted.`) },
})

const fresh = ' new', none = '' // choices that are no stage: no stage is called so

/** deploy asks for a stage, shows what would change on it, and deploys the API there. `stage` is chosen at first. */
export async function deploy(apiId, { stage, context } = {}) {
  const stages = (await all(path`/v2/apis/${apiId}/stages`)).sort((a, b) => a.stageName.localeCompare(b.stageName))
  const made = await dialog({ title: 'Deploy API', wide: true, about: 'Freezes what is defined now and has a stage serve it. Clients that are connected stay connected.', body: close => ask(apiId, stages, stage, close) })
  if (!made) return
  await deployed(apiId, made)
  if (!unsaved()) context?.refresh() // what is being typed on the page is not lost
}

function ask(apiId, stages, stage, close) {
  const chosen = choice([...stages.length === 0 ? [] : [{ value: none, label: 'Choose a stage' }], ...stages.map(s => ({ value: s.stageName, label: s.autoDeploy ? `${s.stageName} (deploys by itself)` : s.stageName })), { value: fresh, label: 'New stage' }], { 'aria-label': 'Stage' })
  for (const option of chosen.options) option.disabled = option.value !== stage && stages.some(s => s.stageName === option.value && s.autoDeploy)
  chosen.value = stages.length === 0 ? fresh : stages.some(s => s.stageName === stage) ? stage : none
  const name = input({ autocomplete: 'off', spellcheck: 'false', maxlength: 128 })
  const description = input({ maxlength: 1024, autocomplete: 'off' })
  const named = field({ label: 'Name of the new stage', control: name, name: 'stage name', hint: 'Letters, digits, - and _. It becomes part of the address, so it is not changed later.' })
  const shown = preview(can => asked.allow(can || chosen.value === none))
  const look = () => {
    const name = chosen.value
    named.hidden = name !== fresh
    if (name === none) shown.look(null, h('p', { class: 'about' }, 'What will change is shown for the stage that you choose.'))
    else shown.look(() => difference(apiId, name === fresh ? undefined : name))
  }
  chosen.addEventListener('change', () => { look(); if (!named.hidden) name.focus() })
  const asked = form({
    label: 'Deploy', cancel: () => close(),
    fields: [
      field({ label: 'Stage', control: chosen, name: 'choose a stage|this stage' }), named,
      field({ label: 'Deployment description', control: description, name: 'description', optional: true, hint: 'Says later what this deployment was for.' }),
      shown,
    ],
    save: () => {
      if (chosen.value === none) throw new Error('Choose a stage, or a new one.')
      if (chosen.value === fresh && name.value.trim() === '') throw new Error('Stage name: say how the new stage is to be called.')
      return chosen.value === fresh ? toNewStage(apiId, name.value.trim(), description.value) : toStage(apiId, chosen.value, description.value)
    },
    done: close,
  })
  look()
  return asked
}

/** difference shows what deploying would change on a stage; undefined: on one that is not there yet. */
async function difference(apiId, name) {
  const stage = name && await call('GET', path`/v2/apis/${apiId}/stages/${name}`) // it may serve another deployment by now
  const [now, then] = await Promise.all([defined(apiId), onStage(apiId, stage)])
  return changes(then, now, { first: 'This stage serves nothing yet: all of the API will be new on it.', same: `What ${stage?.stageName} serves and what is defined are the same.`, title: 'What will change' })
}

async function toStage(apiId, stageName, description) {
  const deployment = await call('POST', path`/v2/apis/${apiId}/deployments`, { stageName, ...(description && { description }) })
  return { deployment, stageName }
}

/** toNewStage makes the deployment, then the stage. A stage that may not be made takes the deployment with it: nothing is left lying about. */
async function toNewStage(apiId, stageName, description) {
  const deployment = await call('POST', path`/v2/apis/${apiId}/deployments`, { ...(description && { description }) })
  try {
    await call('POST', path`/v2/apis/${apiId}/stages`, { stageName, deploymentId: deployment.deploymentId })
  } catch (err) {
    await call('DELETE', path`/v2/apis/${apiId}/deployments/${deployment.deploymentId}`).catch(() => {})
    throw err
  }
  return { deployment, stageName }
}

/** deployed says where clients reach what has been deployed, and leads there. */
async function deployed(apiId, { deployment, stageName }) {
  const api = await call('GET', path`/v2/apis/${apiId}`)
  const stage = to`/apis/${apiId}/stages/${stageName}`
  await dialog({
    title: `Deployed to ${stageName}`,
    body: [
      notice('good', 'Stage ', code(stageName), ' now serves deployment ', code(deployment.deploymentId), '.'),
      deployment.deploymentStatusMessage && notice('warn', deployment.deploymentStatusMessage),
      facts({ 'Clients connect to': copied(addresses(api, stageName).connect, { label: 'Copy the address' }) }),
    ],
    actions: close => [link('Try it', to`/apis/${apiId}/client` + `?stage=${encodeURIComponent(stageName)}`, { class: 'button', onclick: () => close() }),
      button('Open stage', () => { close(); go(stage) }, { kind: 'primary', autofocus: true })],
  })
}

/** addresses are where clients connect to a stage, and where backends push to its connections. */
export function addresses(api, stageName) {
  const connect = `${api.apiEndpoint}/${stageName}`
  return { connect, push: connect.replace(/^ws/, 'http') + '/@connections' }
}
