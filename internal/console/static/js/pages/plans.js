// Usage plans: which stages keys open, how fast and how often.
import { h } from '../dom.js'
import { call, all, path } from '../api.js'
import { go, to } from '../router.js'
import { page, section, button, menu, link, code, copied, facts, empty, later, number, toast } from '../ui.js'
import { table } from '../table.js'
import { form, field, input, textarea, choice } from '../form.js'
import { dialog, confirm } from '../dialog.js'
import { changed, gone } from '../changed.js'
import { stageChoice } from '../parts/stage_choice.js'

export const title = 'Usage plans'

export const show = context => context.params.plan ? one(context, context.params.plan) : list(context)

async function list({ signal }) {
  const plans = await all('/usageplans', { signal })
  return page({ title, about: 'Which stages the keys of a plan open, how many requests a second, and how many a day, week or month.', actions: [button('Create usage plan', () => edit(null), { kind: 'primary', icon: 'plus' })] },
    table({
      label: 'Usage plans', rows: plans, key: p => p.id, sort: { by: 0 }, open: p => go(to`/plans/${p.id}`),
      none: empty('No usage plans', 'API keys do nothing without one.', button('Create usage plan', () => edit(null), { kind: 'primary' })),
      columns: [
        { name: 'Name', of: p => p.name, show: p => link(p.name, to`/plans/${p.id}`) },
        { name: 'Rate', of: p => rate(p) }, { name: 'Quota', of: p => quota(p) },
        { name: 'Stages', of: p => (p.apiStages ?? []).length, right: true },
        { name: 'Description', of: p => p.description ?? '', wide: true },
      ],
    }))
}

const rate = p => p.throttle?.rateLimit === undefined ? 'no limit' : `${p.throttle.rateLimit} a second, ${p.throttle.burstLimit ?? '–'} at once`
const quota = p => p.quota ? `${number(p.quota.limit)} a ${p.quota.period.toLowerCase()}` : 'no limit'

async function one({ signal, refresh }, id) {
  const at = path`/usageplans/${id}`
  const [plan, keys, apis] = await Promise.all([call('GET', at, undefined, { signal }), all(at + '/keys', { signal }), all('/v2/apis', { signal })])
  const named = new Map(apis.map(a => [a.apiId, a.name]))
  const operate = async (operations, said) => { await call('PATCH', at, { patchOperations: operations }); toast(said); refresh() }
  const remove = () => confirm({
    title: 'Delete usage plan', text: 'Its keys and what they have used are forgotten with it.', word: plan.name,
    does: async () => { await call('DELETE', at); toast('The plan is deleted.'); go('/plans') },
  })
  const held = Boolean(plan.apiStages?.length) // the node deletes no plan that has stages
  return page({ title: plan.name, about: plan.description, actions: [menu('Actions', [{ label: 'Edit', does: () => edit(plan, refresh) }, null, { label: 'Delete', kind: 'danger', does: remove, disabled: held, title: held ? 'Remove its stages first' : undefined }])] },
    section({ title: 'Limits' }, facts({ 'ID': copied(id), 'Rate': rate(plan), 'Quota': quota(plan), 'Product code': plan.productCode })),
    section({ title: 'Stages', actions: [button('Add stage', () => addStage(apis, v => operate([{ op: 'add', path: '/apiStages', value: v }], 'The stage is in the plan.')), { icon: 'plus' })] },
      table({
        label: 'Stages of the plan', rows: plan.apiStages ?? [], search: false, none: empty('No stages', 'Keys of this plan open nothing yet.'),
        columns: [
          { name: 'API', of: s => named.get(s.apiId) ?? s.apiId, show: s => link(named.get(s.apiId) ?? s.apiId, to`/apis/${s.apiId}/routes`) },
          { name: 'Stage', of: s => s.stage, show: s => link(s.stage, to`/apis/${s.apiId}/stages/${s.stage}`) },
          { name: '', right: true, show: s => button('Remove', () => operate([{ op: 'remove', path: '/apiStages', value: `${s.apiId}:${s.stage}` }], 'The stage is out of the plan.'), { kind: 'plain small' }) },
        ],
      })),
    section({ title: 'API keys', actions: [button('Add key', () => addKey(at, keys, refresh), { icon: 'plus' })] },
      table({
        label: 'Keys of the plan', rows: keys, search: keys.length > 10, none: empty('No keys', 'Nobody has this plan yet.'),
        columns: [
          { name: 'Name', of: k => k.name || k.id, show: k => link(k.name || k.id, to`/keys/${k.id}`) }, { name: 'ID', of: k => k.id, show: k => code(k.id) },
          { name: '', right: true, show: k => button('Remove', async () => { await call('DELETE', at + path`/keys/${k.id}`); toast('The key is out of the plan.'); refresh() }, { kind: 'plain small' }) },
        ],
      })))
}

const addStage = (apis, done) => dialog({
  title: 'Add stage',
  body: close => {
    const { api, stage, ready } = stageChoice(apis)
    return form({ label: 'Add', cancel: () => close(), fields: [field({ label: 'API', control: api }), field({ label: 'Stage', name: 'stage', control: stage })], save: async () => { await ready(); return done(`${api.value}:${stage.value}`) }, done: () => close() })
  },
})

const addKey = (at, has, refresh) => dialog({
  title: 'Add key',
  body: close => later(async () => {
    const keys = (await all('/apikeys')).filter(k => !has.some(o => o.id === k.id))
    if (keys.length === 0) return empty('No other API key', 'Create one first.', link('API keys', '/keys'))
    const key = choice(keys.map(k => ({ value: k.id, label: k.name || k.id })))
    return form({
      label: 'Add', cancel: () => close(), fields: [field({ label: 'API key', control: key })],
      save: () => call('POST', at + '/keys', { keyId: key.value, keyType: 'API_KEY' }), done: () => { close(); toast('The key is in the plan.'); refresh() },
    })
  }),
})

const replaced = (at, members) => Object.entries(members).map(([name, value]) => ({ op: 'replace', path: `${at}/${name}`, value: String(value) }))

/** limits are the operations that turn limits into others. One is not removed by itself: all are, and those that stay are set again. */
function limits(at, before, after) {
  const set = object => Object.fromEntries(Object.entries(object).filter(([, v]) => v !== ''))
  const [was, is] = [set(before), set(after)]
  return gone(was, is).length > 0 ? [{ op: 'remove', path: at }, ...replaced(at, is)] : replaced(at, changed(was, is))
}

/** edit changes a plan, or makes one. */
const edit = (plan, refresh) => dialog({
  title: plan ? 'Edit usage plan' : 'Create usage plan',
  body: close => {
    const name = input({ value: plan?.name ?? '' }), description = textarea({ value: plan?.description ?? '' })
    const figure = value => input({ type: 'number', min: 0, step: 'any', value: value ?? '' })
    const per = figure(plan?.throttle?.rateLimit), burst = figure(plan?.throttle?.burstLimit), limit = figure(plan?.quota?.limit)
    const period = choice(['DAY', 'WEEK', 'MONTH'], { value: plan?.quota?.period ?? 'MONTH' })
    const create = () => call('POST', '/usageplans', {
      name: name.value.trim(), description: description.value || undefined,
      throttle: per.value || burst.value ? { rateLimit: per.value ? Number(per.value) : undefined, burstLimit: burst.value ? Number(burst.value) : undefined } : undefined,
      quota: limit.value ? { limit: Number(limit.value), period: period.value } : undefined,
    })
    const read = () => ({ name: name.value.trim(), description: description.value, throttle: { rateLimit: per.value, burstLimit: burst.value }, quota: { limit: limit.value, period: limit.value && period.value } })
    const loaded = read()
    const change = async () => {
      const now = read()
      const patchOperations = [...replaced('', changed(loaded, { name: now.name, description: now.description })), ...limits('/throttle', loaded.throttle, now.throttle), ...limits('/quota', loaded.quota, now.quota)]
      if (patchOperations.length > 0) await call('PATCH', path`/usageplans/${plan.id}`, { patchOperations })
    }
    return form({
      label: plan ? 'Save' : 'Create', cancel: () => close(),
      fields: [field({ label: 'Name', name: 'name', control: name }), field({ label: 'Description', name: 'description', control: description, optional: true }),
        h('div', { class: 'form-grid' }, field({ label: 'Requests a second', name: 'rateLimit', control: per, optional: true }), field({ label: 'At once', name: 'burstLimit', control: burst, optional: true })),
        h('div', { class: 'form-grid' }, field({ label: 'Quota', name: 'quota', control: limit, optional: true, hint: 'Requests in a period.' }), field({ label: 'Period', control: period }))],
      save: plan ? change : create,
      done: made => { close(); toast('The plan is saved.'); if (plan) refresh(); else go(to`/plans/${made.id}`) },
    })
  },
})
