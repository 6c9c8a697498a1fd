// Which deployments a stage could serve, which it does serve, and how to go back and forth between them.
import { h } from '../dom.js'
import { call, path, all } from '../api.js'
import { to } from '../router.js'
import { button, empty, later, link, status, time, id } from '../ui.js'
import { table } from '../table.js'
import { serve } from './serve.js'

/** history lists the deployments of the API, the newest first, with what each would change on the stage. */
export const history = seen => later(() => list(seen), { signal: seen.signal })

async function list({ api, stages, stage, signal, refresh }) {
  const deployments = (await all(path`/v2/apis/${api.apiId}/deployments`, { signal })).sort((a, b) => b.createdDate.localeCompare(a.createdDate))
  const live = deployments.find(d => d.deploymentId === stage.deploymentId)
  const back = d => live && d.createdDate <= live.createdDate
  const put = async d => {
    const done = await serve(api.apiId, {
      deployment: d, to: [stage], title: back(d) ? `Roll ${stage.stageName} back` : `Put a deployment on ${stage.stageName}`,
      action: back(d) ? 'Roll back' : `Serve it on ${stage.stageName}`, about: 'Clients stay connected: their next message finds the other deployment.',
    })
    if (done) refresh()
  }
  const elsewhere = d => stages.filter(s => s !== stage && s.deploymentId === d.deploymentId)
  return table({
    label: 'Deployments', rows: deployments, key: d => d.deploymentId, search: deployments.length > 10, size: 25,
    columns: [
      { name: 'Deployment', of: d => d.deploymentId, show: d => link(id(d.deploymentId), to`/apis/${api.apiId}/deployments/${d.deploymentId}`) },
      { name: 'Description', of: d => d.autoDeployed ? 'Automatic' : d.description ?? '', wide: true },
      { name: 'Created', of: d => d.createdDate, show: d => time(d.createdDate) },
      { name: 'Served', of: d => d === live ? 'live' : elsewhere(d).map(s => s.stageName).join(', '), show: d => d === live ? status('live', 'Live here') : h('span', { class: 'about' }, elsewhere(d).map(s => s.stageName).join(', ')) },
      { name: '', show: d => d === live ? null : button(back(d) ? 'Roll back' : 'Serve', () => put(d), { kind: 'small', disabled: Boolean(stage.autoDeploy), title: stage.autoDeploy ? 'This stage deploys by itself' : undefined, 'aria-label': `${back(d) ? 'Roll back to' : 'Serve'} ${d.deploymentId}` }) },
    ],
    none: empty('Never deployed', 'Actions, then Deploy API, makes a deployment and puts it on a stage.'),
  })
}

/** promote asks which other stage is to serve what this one serves. */
export async function promote({ api, stages, stage, refresh }) {
  const { deploymentId } = await call('GET', path`/v2/apis/${api.apiId}/stages/${stage.stageName}`) // it may serve another one by now
  if (!deploymentId) throw new Error(`${stage.stageName} serves nothing any more.`)
  const deployment = await call('GET', path`/v2/apis/${api.apiId}/deployments/${deploymentId}`)
  const others = stages.filter(s => s !== stage)
  const first = others.find(s => s.stageName === 'prod' || s.stageName === 'production')
  const done = await serve(api.apiId, {
    deployment, to: first ? [first, ...others.filter(s => s !== first)] : others, title: `Promote ${stage.stageName}`, action: 'Promote',
    about: 'The other stage will serve this very deployment. Its variables, logs and limits stay its own.',
  })
  if (done) refresh()
}
