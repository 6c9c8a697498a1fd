// Promoting where there is one stage only: to a stage that is made for it.
import { call, path } from '../api.js'
import { go, to } from '../router.js'
import { code, toast } from '../ui.js'
import { dialog } from '../dialog.js'
import { form, field, input } from '../form.js'

/** promoteToNew asks for a new stage, which is to serve what a stage serves. */
export async function promoteToNew({ api, stage }) {
  const made = await dialog({
    title: `Promote ${stage.stageName}`, about: ['A new stage will serve the deployment ', code(stage.deploymentId), ', which this one serves. Its variables, logs and limits are its own.'],
    body: close => {
      const name = input({ value: stage.stageName === 'prod' ? '' : 'prod', maxlength: 128, autocomplete: 'off', spellcheck: 'false' })
      return form({
        label: 'Promote', cancel: () => close(), done: close,
        fields: [field({ label: 'A new stage', control: name, name: 'stage name', hint: 'Letters, digits, - and _. It becomes part of the address, so it is not changed later.' })],
        save: () => call('POST', path`/v2/apis/${api.apiId}/stages`, { stageName: name.value.trim(), deploymentId: stage.deploymentId }),
      })
    },
  })
  if (!made) return
  toast(`${made.stageName} serves deployment ${made.deploymentId}.`)
  go(to`/apis/${api.apiId}/stages/${made.stageName}`)
}
