// How often clients of a stage may connect and send: for the stage, and for single routes.
import { h, replace } from '../dom.js'
import { call, path, all } from '../api.js'
import { button, later, toast, notice, empty, code, number } from '../ui.js'
import { dialog, confirm } from '../dialog.js'
import { changed, isEmpty } from '../changed.js'
import { form, field, input, choice } from '../form.js'
import { table } from '../table.js'
import { levels, onOff } from './stage_logs.js'

/** throttling edits the limits of a stage and shows those of its routes. */
export const throttling = seen => later(() => show(seen), { signal: seen.signal })

const none = 10000000 // from this rate on there is no limit: the one way to take it away

async function show({ api, stage, at, signal }) {
  const [routes, account] = await Promise.all([all(path`/v2/apis/${api.apiId}/routes`, { signal }), call('GET', '/account', undefined, { signal }).catch(() => null)])
  const place = h('div', { class: 'stack' })
  const look = () => replace(place, single(stage, at, routes, look))
  look()
  return h('div', { class: 'stack' },
    account?.throttleSettings && notice('plain', `All stages of the node together: ${number(account.throttleSettings.rateLimit)} a second, bursts of ${number(account.throttleSettings.burstLimit)}.`),
    usually(stage, at), h('hr'), place)
}

/** single shows the routes with settings of their own; again is called when they have changed. */
function single(stage, at, routes, again) {
  const own = stage.routeSettings ?? {}
  const rows = Object.keys(own).sort().map(key => ({ key, ...own[key], gone: !routes.some(r => r.routeKey === key) }))
  const open = async key => { if (await route(stage, at, routes, key)) again() }
  const drop = async key => { if (await forget(at, key)) { delete stage.routeSettings[key]; again() } }
  return [
    h('div', { class: 'section-head' }, h('div', {}, h('h3', {}, 'Routes with settings of their own'), h('p', { class: 'about' }, 'What a route does not say, it has from the stage. A rate of 0 refuses everything.')),
      h('div', { class: 'actions' }, button('Add route', () => open(), { icon: 'plus', disabled: routes.length === rows.filter(r => !r.gone).length }))),
    table({
      label: 'Routes with settings of their own', rows, search: rows.length > 10, key: r => r.key, open: r => open(r.key),
      columns: [
        { name: 'Route', of: r => r.key, show: r => [code(r.key), r.gone && h('small', {}, ' no such route')] },
        { name: 'Rate', of: r => r.throttlingRateLimit ?? -1, show: r => limit(r.throttlingRateLimit), right: true },
        { name: 'Burst', of: r => r.throttlingBurstLimit ?? -1, show: r => limit(r.throttlingBurstLimit), right: true },
        { name: 'Log level', of: r => r.loggingLevel ?? '', show: r => r.loggingLevel ?? inherits() },
        { name: 'Data trace', of: r => r.dataTraceEnabled ?? '', show: r => r.dataTraceEnabled === undefined ? inherits() : onOff(r.dataTraceEnabled) },
        { name: 'Metrics', of: r => r.detailedMetricsEnabled ?? '', show: r => r.detailedMetricsEnabled === undefined ? inherits() : onOff(r.detailedMetricsEnabled) },
        { name: '', show: r => [
          button('', () => open(r.key), { kind: 'plain small', icon: 'edit', title: 'Edit', 'aria-label': `Edit the settings of ${r.key}` }),
          button('', () => drop(r.key), { kind: 'plain small', icon: 'trash', title: 'Remove', 'aria-label': `Remove the settings of ${r.key}` }),
        ] },
      ],
      none: empty('None', 'All routes share the limits of the stage.'),
    }),
  ]
}

const inherits = () => h('span', { class: 'about' }, 'stage')
const limit = n => n === undefined ? inherits() : n >= none ? 'none' : number(n)

function usually(stage, at) {
  const usual = stage.defaultRouteSettings ?? {}
  let loaded = { ...usual }
  const [rate, burst, fields] = limits({ throttlingRateLimit: usual.throttlingRateLimit >= none ? undefined : usual.throttlingRateLimit, throttlingBurstLimit: usual.throttlingBurstLimit })
  return form({
    label: 'Save limits',
    fields: [h('h3', {}, 'The stage'), h('div', { class: 'form-grid' }, fields), h('p', { class: 'hint' }, 'Shared by all routes that have no rate of their own. An empty rate is no limit.')],
    save: async () => {
      const now = { throttlingRateLimit: amount('throttlingRateLimit', rate), throttlingBurstLimit: amount('throttlingBurstLimit', burst) }
      if (now.throttlingRateLimit === undefined && loaded.throttlingRateLimit !== undefined) now.throttlingRateLimit = none
      if (now.throttlingBurstLimit === undefined && loaded.throttlingBurstLimit !== undefined && now.throttlingRateLimit < none) {
        now.throttlingBurstLimit = Math.max(1, Math.ceil(now.throttlingRateLimit)) // what the node has where none is given; one that was given cannot be taken away
      }
      const defaultRouteSettings = changed(loaded, now)
      if (isEmpty(defaultRouteSettings)) return
      Object.assign(stage, await call('PATCH', at, { defaultRouteSettings }))
      loaded = { ...stage.defaultRouteSettings } // what somebody else has set meanwhile is shown, too
      rate.value = loaded.throttlingRateLimit >= none ? '' : loaded.throttlingRateLimit ?? ''
      burst.value = loaded.throttlingBurstLimit ?? ''
    },
    done: () => toast('Limits are saved.'),
  })
}

function limits({ throttlingRateLimit, throttlingBurstLimit }) {
  const rate = input({ inputmode: 'decimal', value: throttlingRateLimit ?? '', autocomplete: 'off' })
  const burst = input({ inputmode: 'numeric', value: throttlingBurstLimit ?? '', autocomplete: 'off' })
  return [rate, burst, [
    field({ label: 'Rate', control: rate, name: 'throttlingRateLimit', optional: true, hint: 'Handshakes and messages a second' }),
    field({ label: 'Burst', control: burst, name: 'throttlingBurstLimit', optional: true, hint: 'How many at once' }),
  ]]
}

function amount(name, control) {
  const text = control.value.trim()
  if (text === '') return undefined
  const n = Number(text)
  if (!Number.isFinite(n) || n < 0) throw new Error(`${name}: expected a number, 0 or more`)
  return n
}

/** route edits the settings of one route, or of one that is chosen. */
function route(stage, at, routes, key) {
  const own = key && Object.hasOwn(stage.routeSettings ?? {}, key) ? stage.routeSettings[key] : {}
  return dialog({
    title: key ? `Settings of ${key}` : 'Settings of a route', about: 'They act at once, on open connections too.',
    body: close => {
      const which = choice(routes.map(r => r.routeKey).filter(k => !Object.hasOwn(stage.routeSettings ?? {}, k)).sort())
      const [rate, burst, fields] = limits(own)
      const three = value => choice([{ value: '', label: 'As the stage' }, { value: 'true', label: 'On' }, { value: 'false', label: 'Off' }], { value: value === undefined ? '' : String(value) })
      const level = choice([{ value: '', label: 'As the stage' }, ...levels], { value: own.loggingLevel ?? '' })
      const trace = three(own.dataTraceEnabled), metrics = three(own.detailedMetricsEnabled)
      return form({
        cancel: () => close(), done: () => { toast('Saved.'); close(true) },
        fields: [
          !key && field({ label: 'Route', control: which, name: 'routeKey' }), h('div', { class: 'form-grid' }, fields),
          h('div', { class: 'form-grid' }, field({ label: 'Log level', control: level, name: 'loggingLevel' }), field({ label: 'Data trace', control: trace, name: 'dataTraceEnabled' }), field({ label: 'Detailed metrics', control: metrics, name: 'detailedMetricsEnabled' })),
        ],
        save: async () => {
          const asked = {
            throttlingRateLimit: amount('throttlingRateLimit', rate), throttlingBurstLimit: amount('throttlingBurstLimit', burst), loggingLevel: level.value || undefined,
            dataTraceEnabled: trace.value ? trace.value === 'true' : undefined, detailedMetricsEnabled: metrics.value ? metrics.value === 'true' : undefined,
          }
          const differs = changed(own, asked)
          if (!key || !isEmpty(differs)) Object.assign(stage, await call('PATCH', at, { routeSettings: Object.fromEntries([[key ?? which.value, differs]]) }))
        },
      })
    },
  })
}

const forget = (at, key) => confirm({
  title: `Remove the settings of ${key}?`, text: 'The route has those of the stage then.', action: 'Remove',
  does: async () => { await call('DELETE', at + path`/routesettings/${key}`); toast(`${key} has the settings of the stage.`) },
})
