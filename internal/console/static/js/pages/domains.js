// Custom domain names, and which stage of which API each of their paths leads to.
import { h } from '../dom.js'
import { call, all, path, session } from '../api.js'
import { go, to } from '../router.js'
import { page, section, button, menu, link, code, copied, facts, status, empty, later, toast } from '../ui.js'
import { table } from '../table.js'
import { form, field, input, choice } from '../form.js'
import { dialog, confirm } from '../dialog.js'
import { changed, isEmpty } from '../changed.js'
import { stageChoice } from '../parts/stage_choice.js'

export const title = 'Custom domains'

export const show = context => context.params.domain ? one(context, context.params.domain) : list(context)

async function list({ signal }) {
  const domains = await all('/v2/domainnames', { signal })
  return page({ title, about: 'Names of your own for stages. The data listener shows a certificate for each; DNS is yours to set.', actions: [button('Create domain name', create, { kind: 'primary', icon: 'plus' })] },
    table({
      label: 'Custom domain names', rows: domains, key: d => d.domainName, sort: { by: 0 }, open: d => go(to`/domains/${d.domainName}`),
      none: empty('No custom domain names', 'Clients reach stages by the API’s own address until there is one.', button('Create domain name', create, { kind: 'primary' })),
      columns: [
        { name: 'Domain name', of: d => d.domainName, show: d => link(d.domainName, to`/domains/${d.domainName}`) },
        { name: 'Security policy', of: d => d.domainNameConfigurations?.[0]?.securityPolicy ?? '' },
        { name: 'Client certificates', of: d => d.mutualTlsAuthentication?.truststoreUri ? 'asked for' : 'no' },
        { name: 'Status', of: d => d.domainNameConfigurations?.[0]?.domainNameStatus ?? '', show: d => status('good', d.domainNameConfigurations?.[0]?.domainNameStatus ?? '–') },
      ],
    }))
}

const create = () => dialog({
  title: 'Create domain name',
  body: close => {
    const name = input({ placeholder: 'ws.example.com', autocomplete: 'off', spellcheck: 'false' })
    const certificate = input({ placeholder: 'arn:aws:acm:…:certificate/ws-example-com', spellcheck: 'false' })
    const policy = choice(['TLS_1_2'])
    return form({
      label: 'Create', cancel: () => close(),
      fields: [field({ label: 'Domain name', name: 'domainName', control: name }),
        field({ label: 'Certificate ARN', name: 'certificateArn', control: certificate, optional: true, hint: 'What follows its last slash is a file in --certificates. Without one, the node’s own authority signs.' }),
        field({ label: 'Security policy', name: 'securityPolicy', control: policy })],
      save: () => call('POST', '/v2/domainnames', {
        domainName: name.value.trim(),
        domainNameConfigurations: [{ endpointType: 'REGIONAL', securityPolicy: policy.value, certificateArn: certificate.value.trim() || usual(name.value.trim()) }],
      }),
      done: made => { close(); toast(`${made.domainName} is there.`); go(to`/domains/${made.domainName}`) },
    })
  },
})

/** usual is the ARN of a certificate that is named after a domain; a node that has no such file signs one by itself. */
const usual = name => `arn:aws:acm:${session.current.region}:${session.current.account}:certificate/${name.replace(/^\*\./, '').replaceAll('.', '-')}`

async function one(context, name) {
  const { signal, refresh } = context
  const at = path`/v2/domainnames/${name}`
  const [domain, apis] = await Promise.all([call('GET', at, undefined, { signal }), all('/v2/apis', { signal })])
  const configuration = domain.domainNameConfigurations?.[0] ?? {}
  const remove = () => confirm({
    title: 'Delete domain name', text: `Clients of ${name} will be refused. Connections that are open stay.`, word: name,
    does: async () => { await call('DELETE', at); toast(`${name} is deleted.`); go('/domains') },
  })
  return page({ title: name, actions: [menu('Actions', [{ label: 'Edit', does: () => edit(domain, at, refresh) }, null, { label: 'Delete', kind: 'danger', does: remove }])] },
    section({ title: 'Configuration' }, facts({
      'Address': copied(addressOf(name)), 'What DNS has to say': dns(name), 'Who signs the certificate': signs(configuration.certificateArn), 'Security policy': configuration.securityPolicy,
      'Truststore': domain.mutualTlsAuthentication?.truststoreUri && code(domain.mutualTlsAuthentication.truststoreUri), 'Status': configuration.domainNameStatus && status('good', configuration.domainNameStatus),
      'Tags': Object.keys(domain.tags ?? {}).length > 0 ? Object.entries(domain.tags).map(([k, v]) => h('div', {}, code(`${k}: ${v}`))) : undefined,
    })),
    section({ title: 'API mappings', about: 'Which stage a path of the domain leads to. The empty path is the domain itself.', actions: [button('Add mapping', () => map(at, name, apis, null, refresh), { icon: 'plus' })] },
      later(async () => mappings(await all(at + '/apimappings', { signal }), at, name, apis, refresh), { signal })))
}

// addressOf is where a domain is reached at this node: with its port. What stands in front of the node may have another one.
function addressOf(name) {
  const { port } = new URL(session.current.dataUrl.replace(/^ws:/, 'wss:'))
  return `wss://${name}${port ? `:${port}` : ''}`
}

function dns(name) {
  const { hostname, port } = new URL(session.current.dataUrl)
  const local = hostname === 'localhost' || hostname.startsWith('127.') || hostname === '[::1]'
  return h('span', {}, code(name), ' is ', local ? ['an address of this machine, which calls itself ', code(hostname)] : code(hostname), port ? [', at port ', code(port)] : null,
    '. Where something stands in front of the node, it is the address of that.')
}

function signs(arn) {
  const file = arn?.split('/').at(-1)
  return h('span', {}, file && ['Whoever signed ', code(`${file}.pem`), ' in the folder of ', code('--certificates'), ', if it is there. '], 'Else the authority of the node, ', code('tls/ca.pem'), ' in the data folder, which clients have to trust first.',
    arn && h('small', { class: 'wrap block' }, arn))
}

function mappings(rows, at, domain, apis, refresh) {
  const named = new Map(apis.map(a => [a.apiId, a.name]))
  const remove = m => confirm({
    title: 'Delete mapping', text: `wss://${domain}/${m.apiMappingKey ?? ''} will lead nowhere.`,
    does: async () => { await call('DELETE', at + path`/apimappings/${m.apiMappingId}`); toast('The mapping is deleted.'); refresh() },
  })
  return table({
    label: 'API mappings', rows, key: m => m.apiMappingId, sort: { by: 0 }, search: rows.length > 10,
    none: empty('No mappings', 'The domain leads nowhere until a stage is mapped to it.'),
    columns: [
      { name: 'Address', of: m => m.apiMappingKey ?? '', show: m => copied(`${addressOf(domain)}${m.apiMappingKey ? '/' + m.apiMappingKey : ''}`) },
      { name: 'API', of: m => named.get(m.apiId) ?? m.apiId, show: m => link(named.get(m.apiId) ?? m.apiId, to`/apis/${m.apiId}/routes`) },
      { name: 'Stage', of: m => m.stage, show: m => link(m.stage, to`/apis/${m.apiId}/stages/${m.stage}`) },
      { name: '', right: true, show: m => h('div', { class: 'actions' }, button('Edit', () => map(at, domain, apis, m, refresh), { kind: 'plain small' }), button('Delete', () => remove(m), { kind: 'plain small' })) },
    ],
  })
}

function map(at, domain, apis, mapping, refresh) {
  return dialog({
    title: mapping ? 'Edit mapping' : 'Add mapping',
    body: close => {
      const { api, stage, ready } = stageChoice(apis, mapping)
      const key = input({ value: mapping?.apiMappingKey ?? '', spellcheck: 'false', autocomplete: 'off' })
      return form({
        label: mapping ? 'Save' : 'Add', cancel: () => close(),
        fields: [field({ label: 'API', name: 'apiId', control: api }), field({ label: 'Stage', name: 'stage', control: stage }),
          field({ label: 'Path', name: 'apiMappingKey', control: key, optional: true, hint: `What follows wss://${domain}/` })],
        save: async () => {
          await ready()
          const body = changed({ apiMappingKey: '', ...mapping }, { apiId: api.value, stage: stage.value, apiMappingKey: key.value.trim() })
          if (!mapping) return call('POST', at + '/apimappings', { apiMappingKey: '', ...body })
          if (!isEmpty(body)) return call('PATCH', at + path`/apimappings/${mapping.apiMappingId}`, { apiId: api.value, ...body }) // whose stage it is has to be said
        },
        done: () => { close(); toast('The mapping is saved.'); refresh() },
      })
    },
  })
}

function edit(domain, at, refresh) {
  const configuration = domain.domainNameConfigurations?.[0] ?? {}
  return dialog({
    title: 'Edit domain name',
    body: close => {
      const certificate = input({ value: configuration.certificateArn ?? '', spellcheck: 'false' })
      const store = input({ value: domain.mutualTlsAuthentication?.truststoreUri ?? '', placeholder: 's3://bucket/clients.pem', spellcheck: 'false' })
      return form({
        cancel: () => close(),
        fields: [field({ label: 'Certificate ARN', name: 'certificateArn', control: certificate, optional: true }),
          field({ label: 'Truststore of client certificates', name: 'truststoreUri', control: store, optional: true, hint: 'The file name of this URI is looked for in --certificates. Clients must then show a certificate that it signs.' })],
        save: () => {
          const { certificateArn, truststoreUri } = changed({ certificateArn: configuration.certificateArn ?? '', truststoreUri: domain.mutualTlsAuthentication?.truststoreUri ?? '' }, { certificateArn: certificate.value.trim(), truststoreUri: store.value.trim() })
          const body = {
            ...(certificateArn !== undefined && { domainNameConfigurations: [{ ...configuration, certificateArn: certificateArn || undefined }] }),
            ...(truststoreUri !== undefined && { mutualTlsAuthentication: { truststoreUri } }),
          }
          if (!isEmpty(body)) return call('PATCH', at, body)
        },
        done: () => { close(); toast('The domain name is saved.'); refresh() },
      })
    },
  })
}
