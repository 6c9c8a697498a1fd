// Stages of an API: on the left which there are, on the right the one that is chosen.
import { h } from '../dom.js'
import { call, path, all } from '../api.js'
import { page, section, facts, copied, code, link, button, empty, status, tabs, time, later, notice, toast } from '../ui.js'
import { dialog, confirm } from '../dialog.js'
import { form, field, input, choice } from '../form.js'
import { go, to } from '../router.js'
import { goFrom } from '../unsaved.js'
import { deployMenu, deploy, addresses } from '../parts/deploy.js'
import { onStage, defined, differences } from '../parts/diff.js'
import { tags, arn } from '../parts/tags.js'
import { history, promote } from '../parts/stage_history.js'
import { promoteToNew } from '../parts/promote_new.js'
import { settings, variables } from '../parts/stage_settings.js'
import { throttling } from '../parts/stage_throttling.js'
import { logs } from '../parts/stage_logs.js'

export const title = 'Stages'

let chosenTab = 'history' // while the console is open: who looks at logs looks at the logs of the next stage, too

/** show shows the stages, and the one of the address or the first. */
export async function show(context) {
  const { params, signal, refresh } = context
  const at = path`/v2/apis/${params.api}`
  const [api, stages] = await Promise.all([call('GET', at, undefined, { signal }), all(at + '/stages', { signal })])
  stages.sort((a, b) => a.stageName.localeCompare(b.stageName))
  const make = () => create(api, context)
  const actions = [button('Create stage', make, { icon: 'plus' }), deployMenu(api.apiId, context)]
  if (stages.length === 0) {
    return page({ title, actions: [deployMenu(api.apiId, context)] }, section({}, empty('No stage yet', 'A stage is a name under which clients reach a deployment of the API, such as test or prod. Deploying the API makes one.',
      button('Deploy API', () => deploy(api.apiId, { context }), { kind: 'primary' }), button('Create stage', make))))
  }
  const stage = params.stage === undefined ? stages[0] : stages.find(s => s.stageName === params.stage)
  return page({ title, about: 'Each stage serves a deployment under an address of its own, with settings that act at once.', actions },
    h('div', { class: 'split slim' },
      h('nav', { class: 'section picks', 'aria-label': 'Stages' }, stages.map(s => link([s.stageName, h('small', {}, s.deploymentId ? [s.autoDeploy && 'automatic ', code(s.deploymentId)] : 'nothing deployed')], to`/apis/${api.apiId}/stages/${s.stageName}`, { 'aria-current': s === stage ? 'page' : undefined }))),
      stage ? h('div', { class: 'stack' }, one(api, stages, stage, context)) : section({}, empty('Not found', `There is no stage ${params.stage}.`, button('Show the first', () => go(to`/apis/${api.apiId}/stages`))))))
}

function one(api, stages, stage, context) {
  const at = addresses(api, stage.stageName)
  const seen = { api, stages, stage, at: path`/v2/apis/${api.apiId}/stages/${stage.stageName}`, signal: context.signal, refresh: context.refresh }
  const others = stages.filter(s => s !== stage)
  return [
    section({
      title: stage.stageName, about: stage.description,
      actions: [
        link('Try it', to`/apis/${api.apiId}/client` + `?stage=${encodeURIComponent(stage.stageName)}`, { class: 'button' }),
        stage.deploymentId && button('Promote …', () => others.length > 0 ? promote(seen) : promoteToNew(seen), { icon: 'up' }),
        button('Deploy API', () => deploy(api.apiId, { stage: stage.stageName, context }), { disabled: Boolean(stage.autoDeploy), title: stage.autoDeploy ? 'This stage deploys by itself' : undefined }),
      ],
    },
    h('div', { class: 'tall' }, facts({ 'Clients connect to': copied(at.connect, { label: 'Copy the address' }), 'Backends push to': copied(at.push, { label: 'Copy the address' }) })),
    facts({
      Deployment: stage.deploymentId ? link(code(stage.deploymentId), to`/apis/${api.apiId}/deployments/${stage.deploymentId}`) : status('warn', 'Nothing deployed'),
      'Last change': time(stage.lastUpdatedDate),
    }),
    stage.autoDeploy && automatic(stage),
    stage.deploymentId ? !stage.autoDeploy && later(() => outdated(seen, context), { signal: context.signal, label: 'Comparing with what is defined' })
      : notice('warn', 'Nobody can connect until a deployment is on this stage.')),
    h('section', { class: 'section' }, tabs([
      { id: 'history', label: 'Deployments', show: () => history(seen) },
      { id: 'settings', label: 'Settings', show: () => settings(seen) },
      { id: 'variables', label: 'Variables', show: () => variables(seen) },
      { id: 'throttling', label: 'Throttling', show: () => throttling(seen) },
      { id: 'logs', label: 'Logs', show: () => logs(seen) },
      { id: 'tags', label: 'Tags', show: () => tags(arn(`/apis/${api.apiId}/stages/${stage.stageName}`), stage) },
      { id: 'delete', label: 'Delete', show: () => remove(seen) },
    ], { chosen: chosenTab, label: 'Stage', onChoose: id => { chosenTab = id } })),
  ]
}

// What an automatic deployment has come to. The words of the node are shown where they say more than that it went well.
const automatic = ({ lastDeploymentStatusMessage: message }) => !message ? notice('plain', 'Changes are deployed automatically.')
  : /^Successfully[^,]*$/.test(message) ? status('good', 'Changes are deployed automatically') : notice(/^Successfully/.test(message) ? 'warn' : 'bad', message)

/** outdated says whether something that is defined waits for a deployment. */
async function outdated({ api, stage }, context) {
  const [then, now, deployments] = await Promise.all([onStage(api.apiId, stage), defined(api.apiId), all(path`/v2/apis/${api.apiId}/deployments`).catch(() => [])])
  if (!now) return notice('warn', 'No route is defined any more: the API cannot be deployed.')
  const count = differences(then, now).length
  if (count === 0) return status('good', 'Serves what is defined')
  const mine = deployments.find(d => d.deploymentId === stage.deploymentId)
  if (mine && deployments.some(d => d.createdDate > mine.createdDate)) {
    return notice('plain', `Serves an earlier deployment, not the latest. ${count === 1 ? 'One thing is' : `${count} things are`} defined otherwise now. `, button('See what', () => deploy(api.apiId, { stage: stage.stageName, context }), { kind: 'link' }))
  }
  return notice('plain', `${count === 1 ? 'One thing' : `${count} things`} that you have defined ${count === 1 ? 'waits' : 'wait'} for a deployment. `, button('See what', () => deploy(api.apiId, { stage: stage.stageName, context }), { kind: 'link' }))
}

function remove({ stage, api, at }) {
  const does = () => confirm({
    title: `Delete stage ${stage.stageName}?`, word: stage.stageName, action: 'Delete stage',
    text: 'Its address is gone, clients that are connected to it are disconnected, and its settings are lost. Deployments stay.',
    does: async () => { await call('DELETE', at); toast(`Stage ${stage.stageName} is deleted.`) },
  })
  return h('div', { class: 'stack' }, h('p', {}, 'Deleting a stage disconnects its clients and loses its settings. The deployment that it serves stays, and can be served by another.'),
    h('div', { class: 'actions' }, button('Delete stage', async () => { if (await does()) goFrom(to`/apis/${api.apiId}/stages`) }, { kind: 'danger', icon: 'trash' })))
}

/** create asks for a stage that serves a deployment which exists, or none yet. */
async function create(api, context) {
  const deployments = (await all(path`/v2/apis/${api.apiId}/deployments`)).reverse()
  const made = await dialog({
    title: 'Create stage', about: 'To deploy what is defined now to a new stage, use Deploy API.',
    body: close => {
      const name = input({ maxlength: 128, autocomplete: 'off', spellcheck: 'false' })
      const description = input({ maxlength: 1024, autocomplete: 'off' })
      const deployment = choice([...deployments.map(d => ({ value: d.deploymentId, label: [d.deploymentId, d.description].filter(Boolean).join(' · ') })), { value: '', label: 'None yet' }])
      return form({
        label: 'Create stage', cancel: () => close(), done: close,
        fields: [
          field({ label: 'Name', control: name, name: 'stage name', hint: 'Letters, digits, - and _. It becomes part of the address, so it is not changed later.' }),
          field({ label: 'Deployment', control: deployment, name: 'deploymentId' }),
          field({ label: 'Description', control: description, name: 'description', optional: true, hint: 'Can be changed, but not taken away again.' }),
        ],
        save: () => call('POST', path`/v2/apis/${api.apiId}/stages`, { stageName: name.value.trim(), ...(deployment.value && { deploymentId: deployment.value }), ...(description.value && { description: description.value }) }),
      })
    },
  })
  if (!made) return
  toast(`Stage ${made.stageName} is there.`)
  go(to`/apis/${api.apiId}/stages/${made.stageName}`)
}
