// Deployments of an API: snapshots that were made of it, which stages serve them, and what is in each.
import { h } from '../dom.js'
import { call, path, all } from '../api.js'
import { page, section, facts, time, ago, status, link, button, empty, notice, later, toast, code, id } from '../ui.js'
import { table } from '../table.js'
import { confirm } from '../dialog.js'
import { form, field, input } from '../form.js'
import { go, to } from '../router.js'
import { goFrom } from '../unsaved.js'
import { deployMenu, deploy } from '../parts/deploy.js'
import { serves, defined, changes } from '../parts/diff.js'
import { serve } from '../parts/serve.js'
import { contents } from '../parts/snapshot.js'

export const title = 'Deployments'

/** show shows all deployments, or one. */
export async function show(context) {
  const { params, signal } = context
  const [api, stages] = await Promise.all([call('GET', path`/v2/apis/${params.api}`, undefined, { signal }), all(path`/v2/apis/${params.api}/stages`, { signal })])
  return params.deployment === undefined ? list(api, stages, context) : one(api, stages, context)
}

/** condition is how a deployment is: the node says DEPLOYED also of what cannot all run, and then why. */
export const condition = d => d.deploymentStatus === 'FAILED' ? status('bad', 'Failed') : d.deploymentStatus === 'PENDING' ? status('warn', 'Pending')
  : d.deploymentStatusMessage ? status('warn', 'Deployed in part') : status('good', 'Deployed')

async function list(api, stages, context) {
  const found = (await all(path`/v2/apis/${api.apiId}/deployments`, { signal: context.signal })).reverse()
  const live = d => stages.filter(s => s.deploymentId === d.deploymentId).map(s => s.stageName)
  return page({ title: 'Deployments', about: 'A deployment is a snapshot of the API: what stages serve. What is changed later waits for the next one.', actions: [deployMenu(api.apiId, context)] },
    table({
      label: 'Deployments', rows: found, key: d => d.deploymentId, open: d => go(to`/apis/${api.apiId}/deployments/${d.deploymentId}`),
      sort: { by: 2, down: true },
      columns: [
        { name: 'Deployment', of: d => d.deploymentId, show: d => link(id(d.deploymentId), to`/apis/${api.apiId}/deployments/${d.deploymentId}`) },
        { name: 'Description', of: d => d.description ?? '', wide: true, show: d => [d.description ?? h('span', { class: 'about' }, 'none'), d.deploymentStatusMessage && h('p', { class: 'about' }, d.deploymentStatusMessage)] },
        { name: 'Created', of: d => d.createdDate, show: d => time(d.createdDate) },
        { name: 'Status', of: d => d.deploymentStatus, show: condition },
        { name: 'Served by', of: d => live(d).join(' '), show: d => h('span', { class: 'row' }, live(d).map(name => link(name, to`/apis/${api.apiId}/stages/${name}`))) },
      ],
      none: empty('Never deployed', 'Deploy the API to have a stage serve it. Until then nobody can connect.', button('Deploy API', () => deploy(api.apiId, { context }), { kind: 'primary' })),
    }))
}

async function one(api, stages, context) {
  const { params, signal, refresh } = context
  const at = path`/v2/apis/${api.apiId}/deployments/${params.deployment}`
  const deployment = await call('GET', at, undefined, { signal })
  const live = stages.filter(s => s.deploymentId === deployment.deploymentId)
  const others = stages.filter(s => s.deploymentId !== deployment.deploymentId)
  let asked
  const snapshot = () => asked ??= serves(api.apiId, { deploymentId: deployment.deploymentId }).catch(err => { asked = undefined; throw err })
  const onto = async () => { if (await serve(api.apiId, { deployment, to: others, title: 'Deploy to stage', action: 'Deploy to stage' })) refresh() }
  const gone = () => confirm({
    title: `Delete deployment ${deployment.deploymentId}?`, text: 'No stage can go back to it then. What is defined now is not touched.', word: deployment.deploymentId,
    does: async () => { await call('DELETE', at); toast('The deployment is deleted.'); goFrom(to`/apis/${api.apiId}/deployments`) },
  })
  return page({
    title: ['Deployment ', code(deployment.deploymentId)], badge: condition(deployment), about: [link('All deployments', to`/apis/${api.apiId}/deployments`), ' of ', api.name],
    actions: [
      button('Deploy to stage …', onto, { disabled: others.length === 0, title: others.length === 0 ? 'Every stage serves it already, or there is none' : undefined }),
      button('Delete', gone, { icon: 'trash', disabled: live.length > 0, title: live.length > 0 ? 'A stage serves it' : undefined }),
      deployMenu(api.apiId, context),
    ],
  },
  deployment.deploymentStatusMessage && notice(deployment.deploymentStatus === 'FAILED' ? 'bad' : 'warn', deployment.deploymentStatusMessage),
  section({ title: 'About' },
    facts({ Created: h('span', {}, time(deployment.createdDate), ' (', ago(deployment.createdDate), ')'), Made: deployment.autoDeployed ? 'automatically, by a change' : 'by request', 'Served by': live.length > 0 ? h('span', { class: 'row' }, live.map(s => link(s.stageName, to`/apis/${api.apiId}/stages/${s.stageName}`))) : 'no stage' }),
    describe(at, deployment, refresh)),
  section({ title: 'Compared with what is defined now' }, later(async () => {
    const [then, now] = await Promise.all([snapshot(), defined(api.apiId)])
    return changes(then, now, { title: 'Since this deployment', same: 'Nothing has changed since: a deployment made now would hold the same.' })
  }, { signal, label: 'Comparing' })),
  section({ title: 'What it holds' }, later(async () => contents(await snapshot()), { signal })))
}

function describe(at, deployment, refresh) {
  const description = input({ value: deployment.description ?? '', maxlength: 1024 })
  return form({
    label: 'Save description', fields: [field({ label: 'Description', control: description, name: 'description' })],
    save: () => { if (description.value !== (deployment.description ?? '')) return call('PATCH', at, { description: description.value }) }, done: () => { toast('Saved.'); refresh() },
  })
}
