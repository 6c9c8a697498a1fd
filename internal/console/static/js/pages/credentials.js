// Credentials: who may call the control plane and @connections, and what each of them may do.
import { h } from '../dom.js'
import { call, all, path, session } from '../api.js'
import { page, section, button, menu, code, copied, facts, notice, empty, time, toast, pre, details } from '../ui.js'
import { table } from '../table.js'
import { form, field, input, choice } from '../form.js'
import { dialog, confirm } from '../dialog.js'
import { editor } from '../editor.js'

export const title = 'Credentials'

const policies = {
  'Push to connections': { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'execute-api:ManageConnections', Resource: '*' }] },
  'Read everything': { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: ['apigateway:GET', 'gangway:List*', 'gangway:Get*', 'gangway:Tail'], Resource: '*' }] },
  'Deploy': { Version: '2012-10-17', Statement: [
    { Effect: 'Allow', Action: 'apigateway:GET', Resource: 'arn:aws:apigateway:*::/apis*' },
    { Effect: 'Allow', Action: ['apigateway:POST', 'apigateway:PATCH'], Resource: ['arn:aws:apigateway:*::/apis/*/deployments*', 'arn:aws:apigateway:*::/apis/*/stages*'] },
  ] },
  'Everything': { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
}

export async function show({ signal, refresh }) {
  const found = await all('/gangway/credentials', { signal })
  const who = session.current
  return page({ title, about: 'Keys for backends, pipelines and people, each with a policy that says what it may do.', actions: [button('Create credential', () => create(refresh), { kind: 'primary', icon: 'plus' })] },
    section({ title: 'You' }, facts({ 'Signed in as': code(who.arn), 'Access key ID': copied(who.accessKeyId), 'Until': time(who.expires) })),
    table({
      label: 'Credentials', rows: found, key: c => c.name, sort: { by: 0 },
      none: empty('Only the root key', 'It may do everything. Give backends and pipelines keys of their own, with less.', button('Create credential', () => create(refresh), { kind: 'primary' })),
      columns: [
        { name: 'Name', of: c => c.name },
        { name: 'Access key ID', of: c => c.accessKeyId, show: c => copied(c.accessKeyId) },
        { name: 'Policy', of: c => JSON.stringify(c.policy), wide: true, show: c => details(actions(c.policy), pre(JSON.stringify(c.policy, null, 2))) },
        { name: 'Created', of: c => c.createdDate, show: c => time(c.createdDate) },
        { name: 'Expires', of: c => c.expiration ?? '', show: c => c.expiration ? time(c.expiration) : 'never' },
        { name: '', right: true, show: c => menu('', [{ label: 'Rotate the key', does: () => rotate(c, refresh) }, null, { label: 'Delete', kind: 'danger', does: () => remove(c, refresh) }], { kind: 'plain small', 'aria-label': `Actions for ${c.name}` }) },
      ],
    }))
}

/** actions are those that a policy names, in short. */
function actions(policy) {
  const all = [policy?.Statement ?? []].flat().flatMap(s => [s.Action ?? s.NotAction ?? []].flat())
  return all.length === 0 ? 'nothing' : all.slice(0, 2).join(', ') + (all.length > 2 ? ` and ${all.length - 2} more` : '')
}

const create = refresh => dialog({
  title: 'Create credential', wide: true,
  body: close => {
    const name = input({ autocomplete: 'off', spellcheck: 'false', placeholder: 'chat-backend' })
    const text = editor({ language: 'json', kind: 'policy', label: 'Policy', value: JSON.stringify(policies['Push to connections'], null, 2), lines: 12 })
    const preset = choice(Object.keys(policies), { onchange: () => { text.value = JSON.stringify(policies[preset.value], null, 2); text.check() } })
    return form({
      label: 'Create', cancel: () => close(),
      fields: [field({ label: 'Name', name: 'name', control: name }), field({ label: 'Start from', control: preset }), field({ label: 'Policy', name: 'policy', control: text, hint: 'In IAM’s language.' })],
      save: () => { let policy; try { policy = JSON.parse(text.value) } catch (err) { throw new Error(`policy: ${err.message}`) } return call('POST', '/gangway/credentials', { name: name.value.trim(), policy }) },
      done: async made => { close(); await secrets(made); refresh() },
    })
  },
})

const secrets = made => dialog({
  title: `The key of ${made.name}`,
  body: [notice('warn', 'The secret is shown this once. It cannot be looked up later.'),
    facts({ 'Access key ID': copied(made.accessKeyId), 'Secret access key': copied(made.secretAccessKey), 'Session token': made.sessionToken && copied(made.sessionToken), 'Expires': made.expiration && time(made.expiration) })],
  actions: close => [button('Done', () => close(), { kind: 'primary' })],
})

const rotate = (c, refresh) => dialog({
  title: `Rotate the key of ${c.name}`,
  body: close => {
    const grace = choice([{ value: 0, label: 'at once' }, { value: 3600, label: 'in an hour' }, { value: 86400, label: 'in a day' }, { value: 604800, label: 'in a week' }], { value: 3600 })
    return form({
      label: 'Rotate', cancel: () => close(), fields: [field({ label: 'The present key ends', control: grace, hint: 'Until then both are good.' })],
      save: () => call('POST', path`/gangway/credentials/${c.name}/rotation`, { graceSeconds: Number(grace.value) }), done: async made => { close(); await secrets(made); refresh() },
    })
  },
})

const remove = (c, refresh) => confirm({
  title: 'Delete credential', text: h('span', {}, 'Whoever uses ', code(c.accessKeyId), ' is refused from now on.'), word: c.name,
  does: async () => { await call('DELETE', path`/gangway/credentials/${c.name}`); toast(`${c.name} is deleted.`); refresh() },
})
