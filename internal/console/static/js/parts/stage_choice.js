// A choice of an API and of a stage that is one of its own.
import { h, replace } from '../dom.js'
import { all, path } from '../api.js'
import { choice } from '../form.js'
import { toast } from '../ui.js'

/** stageChoice is { api, stage, ready }: two lists, of which the second follows the first; ready() waits for it. `of` ({ apiId, stage }) is chosen at first. */
export function stageChoice(apis, of) {
  const api = choice(apis.map(a => ({ value: a.apiId, label: `${a.name} (${a.apiId})` })), { value: of?.apiId ?? apis[0]?.apiId })
  const stage = h('select', { disabled: true })
  let asked = 0, listed
  const list = async () => {
    const mine = ++asked, chosen = api.value
    stage.disabled = true
    replace(stage)
    const found = chosen ? await all(path`/v2/apis/${chosen}/stages`).catch(err => { toast(err.message, 'bad'); return [] }) : []
    if (mine !== asked) return // another API was chosen meanwhile
    replace(stage, found.map(s => h('option', { value: s.stageName }, s.stageName)))
    stage.disabled = found.length === 0
    if (of?.apiId === chosen) stage.value = of.stage
  }
  const begin = () => { listed = list() }
  const ready = async () => {
    for (let last; last !== listed;) await (last = listed)
    if (!stage.value) throw new Error('Stage: the API has none.')
  }
  api.addEventListener('change', begin)
  begin()
  return { api, stage, ready }
}
