// Having a stage serve a deployment that exists: rolling back, promoting, deploying an old one. Nothing is done before it is shown.
import { h, replace } from '../dom.js'
import { call, path } from '../api.js'
import { later, toast, notice, code, time } from '../ui.js'
import { dialog } from '../dialog.js'
import { form, field, choice } from '../form.js'
import { serves, onStage, changes } from './diff.js'

/** serve asks which of `to` (stages) is to serve a deployment, shows what that changes, and does it. True: it is done. */
export function serve(apiId, { deployment, to, title, action, about }) {
  return dialog({
    title, wide: true, about,
    body: close => {
      const stage = choice(to.map(s => ({ value: s.stageName, label: s.stageName })), { value: to[0].stageName })
      const preview = h('div', { 'aria-live': 'polite' })
      const look = () => replace(preview, warning(to.find(s => s.stageName === stage.value)), later(async () => {
        const [then, now] = await Promise.all([onStage(apiId, to.find(s => s.stageName === stage.value)), serves(apiId, { deploymentId: deployment.deploymentId })])
        return changes(then, now, { title: `What will change on ${stage.value}`, first: 'This stage serves nothing yet: all of the API will be new on it.', same: `${stage.value} serves the same already: nothing will change for clients.` })
      }, { label: 'Comparing' }))
      stage.addEventListener('change', look)
      look()
      return form({
        label: action, cancel: () => close(),
        fields: [
          h('p', {}, 'Deployment ', code(deployment.deploymentId), deployment.description && ` “${deployment.description}”`, ' of ', time(deployment.createdDate)),
          to.length > 1 && field({ label: 'Stage', control: stage, name: 'stage' }), preview,
        ],
        save: () => call('PATCH', path`/v2/apis/${apiId}/stages/${stage.value}`, { deploymentId: deployment.deploymentId }),
        done: () => { toast(`${stage.value} serves deployment ${deployment.deploymentId}.`); close(true) },
      })
    },
  })
}

const warning = stage => stage?.autoDeploy && notice('warn', 'This stage deploys by itself. Turn automatic deployment off in its settings first: until then the node refuses this.')
