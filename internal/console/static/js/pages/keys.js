// API keys: what clients show where a $connect route asks for one.
import { h } from '../dom.js'
import { call, all, path, patch } from '../api.js'
import { go, to } from '../router.js'
import { page, section, button, menu, link, code, copied, facts, status, empty, later, time, toast } from '../ui.js'
import { table } from '../table.js'
import { form, field, input, textarea, check, choice } from '../form.js'
import { dialog, confirm } from '../dialog.js'
import { changed, isEmpty } from '../changed.js'
import { chart } from '../chart.js'

export const title = 'API keys'

export const show = context => context.params.key ? one(context, context.params.key) : list(context)

async function list({ signal }) {
  const keys = await all('/apikeys', { signal })
  return page({ title, about: 'A client shows one in x-api-key where a $connect route asks for it. A usage plan says what it may use.', actions: [button('Create API key', create, { kind: 'primary', icon: 'plus' })] },
    table({
      label: 'API keys', rows: keys, key: k => k.id, sort: { by: 0 }, open: k => go(to`/keys/${k.id}`),
      none: empty('No API keys', 'Clients need none until a route asks for one.', button('Create API key', create, { kind: 'primary' })),
      columns: [
        { name: 'Name', of: k => k.name || k.id, show: k => link(k.name || k.id, to`/keys/${k.id}`) },
        { name: 'ID', of: k => k.id, show: k => code(k.id) },
        { name: 'State', of: k => k.enabled ? 'enabled' : 'disabled', show: k => enabled(k) },
        { name: 'Description', of: k => k.description ?? '', wide: true },
        { name: 'Created', of: k => k.createdDate, show: k => time(k.createdDate) },
      ],
    }))
}

const enabled = k => k.enabled ? status('good', 'enabled') : status('plain', 'disabled')

const create = () => dialog({
  title: 'Create API key',
  body: close => {
    const name = input({ autocomplete: 'off' }), description = textarea(), value = input({ autocomplete: 'off', spellcheck: 'false' }), on = check('Enabled', { checked: true })
    return form({
      label: 'Create', cancel: () => close(),
      fields: [field({ label: 'Name', name: 'name', control: name }), field({ label: 'Description', name: 'description', control: description, optional: true }),
        field({ label: 'Value', name: 'value', control: value, optional: true, hint: '20 to 128 characters. Without one, the node makes it.' }), on],
      save: () => call('POST', '/apikeys', { name: name.value.trim(), description: description.value || undefined, value: value.value.trim() || undefined, enabled: on.control.checked }),
      done: made => { close(); toast('The key is made.'); go(to`/keys/${made.id}`) },
    })
  },
})

async function one({ signal, refresh }, id) {
  const at = path`/apikeys/${id}`
  const [key, plans] = await Promise.all([call('GET', at, undefined, { signal }), all(`/usageplans?keyId=${encodeURIComponent(id)}`, { signal })])
  const value = h('span', {}, button('Show', async () => value.replaceChildren(copied((await call('GET', at + '?includeValue=true')).value)), { kind: 'plain small' }))
  const remove = () => confirm({
    title: 'Delete API key', text: `Clients that show “${key.name || id}” will be refused when they connect.`, word: key.name || id,
    does: async () => { await call('DELETE', at); toast('The key is deleted.'); go('/keys') },
  })
  const toggle = async () => { await call('PATCH', at, patch({ enabled: !key.enabled })); toast(key.enabled ? 'The key is disabled.' : 'The key is enabled.'); refresh() }
  return page({ title: key.name || id, badge: enabled(key), actions: [menu('Actions', [{ label: key.enabled ? 'Disable' : 'Enable', does: toggle }, { label: 'Edit', does: () => edit(key, at, refresh) }, { label: 'Add to usage plan', does: () => add(id, plans, refresh) }, null, { label: 'Delete', kind: 'danger', does: remove }])] },
    section({ title: 'Key' }, facts({ 'ID': copied(id), 'Value': value, 'Description': key.description, 'Customer': key.customerId, 'Created': time(key.createdDate), 'Changed': time(key.lastUpdatedDate) })),
    section({ title: 'Usage plans', about: 'What the key may use, and how much of it.' }, plans.length === 0
      ? empty('In no usage plan', 'A key without a plan opens no stage that asks for keys.', button('Add to usage plan', () => add(id, plans, refresh)))
      : plans.map(plan => h('div', { class: 'stack' }, h('h3', {}, link(plan.name, to`/plans/${plan.id}`)), later(() => usage(plan, id, signal), { signal })))))
}

async function usage(plan, id, signal) {
  const day = ago => new Date(Date.now() - ago * 86400e3).toISOString().slice(0, 10)
  const { items, values } = await call('GET', path`/usageplans/${plan.id}/usage` + `?keyId=${encodeURIComponent(id)}&startDate=${day(29)}&endDate=${day(0)}`, undefined, { signal })
  const days = (items ?? values ?? {})[id] ?? []
  const used = chart({ title: 'Requests a day', series: [{ name: 'used', colour: 's1', of: s => s.used }] })
  used.update(days.map(([n], i) => ({ time: day(days.length - 1 - i), used: n })))
  const left = days.at(-1)?.[1]
  return [used, plan.quota && h('p', { class: 'about' }, `Quota: ${plan.quota.limit} a ${plan.quota.period.toLowerCase()}, ${left ?? '–'} left.`)].filter(Boolean).reduce((box, el) => (box.append(el), box), h('div', { class: 'stack' }))
}

const add = (id, has, refresh) => dialog({
  title: 'Add to usage plan',
  body: close => later(async () => {
    const plans = (await all('/usageplans')).filter(p => !has.some(o => o.id === p.id))
    if (plans.length === 0) return empty('No other usage plan', 'Create one first.', link('Usage plans', '/plans'))
    const plan = choice(plans.map(p => ({ value: p.id, label: p.name })))
    return form({
      label: 'Add', cancel: () => close(), fields: [field({ label: 'Usage plan', control: plan })],
      save: () => call('POST', path`/usageplans/${plan.value}/keys`, { keyId: id, keyType: 'API_KEY' }),
      done: () => { close(); toast('The key is in the plan.'); refresh() },
    })
  }),
})

const edit = (key, at, refresh) => dialog({
  title: 'Edit API key',
  body: close => {
    const name = input({ value: key.name ?? '' }), description = textarea({ value: key.description ?? '' }), customer = input({ value: key.customerId ?? '' })
    return form({
      cancel: () => close(),
      fields: [field({ label: 'Name', name: 'name', control: name }), field({ label: 'Description', name: 'description', control: description, optional: true }), field({ label: 'Customer', name: 'customerId', control: customer, optional: true })],
      save: () => {
        const body = changed({ name: '', description: '', customerId: '', ...key }, { name: name.value, description: description.value, customerId: customer.value })
        if (!isEmpty(body)) return call('PATCH', at, patch(body))
      },
      done: () => { close(); toast('The key is saved.'); refresh() },
    })
  },
})
