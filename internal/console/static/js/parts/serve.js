// Having a stage serve a deployment that exists: rolling back, promoting, deploying an old one. Nothing is done before it is shown.
import { h } from '../dom.js'
import { call, path } from '../api.js'
import { toast, notice, code, time } from '../ui.js'
import { dialog } from '../dialog.js'
import { form, field, choice } from '../form.js'
import { serves, onStage, changes } from './diff.js'
import { preview } from './preview.js'

/** serve asks which of `to` (stages) is to serve a deployment, shows what that changes, and does it. True: it is done. */
export function serve(apiId, { deployment, to, title, action, about }) {
  return dialog({
    title, wide: true, about,
    body: close => {
      const stage = choice(to.map(s => ({ value: s.stageName, label: s.stageName })), { value: to[0].stageName })
      const shown = preview(can => asked.allow(can))
      const look = () => {
        const name = stage.value
        shown.look(async () => {
          const there = await call('GET', path`/v2/apis/${apiId}/stages/${name}`) // as it is now, not as it was when the page was loaded
          const [then, now] = await Promise.all([onStage(apiId, there), serves(apiId, { deploymentId: deployment.deploymentId })])
          return [warning(there), changes(then, now, { title: `What will change on ${name}`, first: 'This stage serves nothing yet: all of the API will be new on it.', same: `${name} serves the same already: nothing will change for clients.` })]
        })
      }
      stage.addEventListener('change', look)
      const asked = form({
        label: action, cancel: () => close(),
        fields: [
          h('p', {}, 'Deployment ', code(deployment.deploymentId), deployment.description && ` “${deployment.description}”`, ' of ', time(deployment.createdDate)),
          to.length > 1 && field({ label: 'Stage', control: stage, name: 'stage' }), shown,
        ],
        save: () => call('PATCH', path`/v2/apis/${apiId}/stages/${stage.value}`, { deploymentId: deployment.deploymentId }),
        done: () => { toast(`${stage.value} serves deployment ${deployment.deploymentId}.`); close(true) },
      })
      look()
      return asked
    },
  })
}

const warning = stage => stage?.autoDeploy && notice('warn', 'This stage deploys by itself. Turn automatic deployment off in its settings first: until then the node refuses this.')
