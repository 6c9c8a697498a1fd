// What a stage writes of what happens on it: the access log, the execution log, metrics.
import { h, replace } from '../dom.js'
import { call, session, patch } from '../api.js'
import { button, toast, status, notice } from '../ui.js'
import { confirm, dialog } from '../dialog.js'
import { changed, isEmpty } from '../changed.js'
import { form, field, input, textarea, check, choice } from '../form.js'

/** levels are what the execution log may tell. */
export const levels = [{ value: 'OFF', label: 'Off' }, { value: 'ERROR', label: 'Errors' }, { value: 'INFO', label: 'Everything' }]

/** onOff says whether something is on. */
export const onOff = on => status(on ? 'good' : 'plain', on ? 'On' : 'Off')

// The formats that AWS's console offers, with what a WebSocket API has in place of method and path.
const members = ['requestId', 'identity.sourceIp', 'identity.caller', 'identity.user', 'requestTime', 'eventType', 'routeKey', 'status', 'connectionId']
const short = name => name.split('.').at(-1).replace('sourceIp', 'ip')
const presets = {
  JSON: `{ ${members.map(m => `"${short(m)}":"$context.${m}"`).join(', ')} }`,
  CLF: '$context.identity.sourceIp $context.identity.caller $context.identity.user [$context.requestTime] "$context.eventType $context.routeKey $context.connectionId" $context.status $context.requestId',
  XML: `<request id="$context.requestId"> ${members.slice(1).map(m => `<${short(m)}>$context.${m}</${short(m)}>`).join(' ')} </request>`,
  CSV: members.map(m => '$context.' + m).join(','),
}

/** logs edits them. What is saved in one form leaves what is being typed in the other. */
export function logs({ stage, at }) {
  const lines = h('div', {})
  const save = async asked => Object.assign(stage, await call('PATCH', at, asked))
  const look = () => replace(lines, access(stage, at, save, look))
  look()
  return h('div', { class: 'stack' }, execution(stage.defaultRouteSettings ?? {}, save), h('hr'), lines)
}

function execution(usual, save) {
  const level = choice(levels, { value: usual.loggingLevel ?? 'OFF' })
  const trace = check('Data trace', { checked: usual.dataTraceEnabled, hint: 'The execution log has the messages themselves. They may hold what nobody else should read.' })
  const metrics = check('Detailed metrics', { checked: usual.detailedMetricsEnabled, hint: 'Figures for each route.' })
  const read = () => ({ loggingLevel: level.value, dataTraceEnabled: trace.control.checked, detailedMetricsEnabled: metrics.control.checked })
  let loaded = read()
  return saving('Save execution log', [
    h('h3', {}, 'Execution log'), field({ label: 'Level', control: level, name: 'loggingLevel', hint: 'What is told of each step of each event. Routes can have levels of their own: see Throttling. It is the file of this stage in logs/execution of the data folder, unless the node is told otherwise.' }), trace, metrics,
  ], async () => {
    const defaultRouteSettings = changed(loaded, read())
    if (isEmpty(defaultRouteSettings)) return
    const now = (await save({ defaultRouteSettings })).defaultRouteSettings
    level.value = now.loggingLevel ?? 'OFF' // what somebody else has set meanwhile is shown, too
    trace.control.checked = Boolean(now.dataTraceEnabled)
    metrics.control.checked = Boolean(now.detailedMetricsEnabled)
    loaded = read()
  })
}

function access(stage, at, save, again) {
  const settings = stage.accessLogSettings
  const usual = `arn:aws:logs:${session.current.region}:${session.current.account ?? '000000000000'}:log-group:`
  const destination = input({ value: settings?.destinationArn ?? '', placeholder: usual + 'chat', spellcheck: 'false', autocomplete: 'off', class: 'mono' })
  const format = textarea({ value: settings?.format ?? '', rows: 5 })
  const preset = choice([{ value: '', label: 'A format of your own' }, ...Object.keys(presets)], { value: Object.keys(presets).find(k => presets[k] === settings?.format) ?? '' })
  preset.addEventListener('change', () => { if (preset.value) format.value = presets[preset.value] })
  format.addEventListener('input', () => { preset.value = Object.keys(presets).find(k => presets[k] === format.value) ?? '' })
  const off = () => confirm({ title: 'Turn the access log off?', text: 'What has been written stays where it is.', action: 'Turn off', does: async () => { await call('DELETE', at + '/accesslogsettings'); delete stage.accessLogSettings; toast('The access log is off.') } })
  return h('div', { class: 'stack' },
    h('div', { class: 'section-head' }, h('div', {}, h('h3', {}, 'Access log ', onOff(Boolean(settings))), h('p', { class: 'about' }, 'A line for each handshake, message and end of a connection.')),
      h('div', { class: 'actions' }, settings && button('Turn off', async () => { if (await off()) again() }, { kind: 'small' }))),
    saving('Save access log', [
      field({ label: 'Destination', control: destination, name: 'ARN', hint: 'The ARN of a log group or of a Firehose delivery stream. Where the node writes to files, as it does unless told otherwise, the group is the name of a file in logs/access of the data folder, or of --stage-log-dir.' }),
      field({ label: 'Preset', control: preset }),
      field({ label: 'Format', control: format, name: 'format', hint: 'Text with variables of $context; one of them has to be $context.requestId.' }),
    ], async () => {
      const accessLogSettings = changed(settings ?? {}, { destinationArn: destination.value.trim(), format: format.value })
      if (!isEmpty(accessLogSettings)) await save({ accessLogSettings })
    }, again))
}

/** saving is a form that offers the account's role where the node asks for it. */
function saving(label, fields, save, then = () => {}) {
  const place = h('div', {})
  const asked = form({
    label, fields: [...fields, place],
    save: async () => {
      replace(place)
      try { return await save() } catch (err) {
        if (!/logs role/i.test(err.message)) throw err
        replace(place, notice('warn', h('p', {}, err.message), h('p', {}, 'On AWS the account needs a role that may write logs. This node assumes no role: the name of any will do.'),
          button('Set the role and save …', async () => { if (await setRole()) { replace(place); asked.requestSubmit() } }, { kind: 'small' })))
        throw Object.assign(new Error(), { name: 'AbortError' }) // it has been said
      }
    },
    done: () => { toast('Saved. It acts at once.'); then() },
  })
  return asked
}

function setRole() {
  return dialog({
    title: 'Role for logs', about: 'A setting of the account: it holds for all APIs.',
    body: close => {
      const role = input({ value: `arn:aws:iam::${session.current.account ?? '000000000000'}:role/gangway-logs`, spellcheck: 'false', class: 'mono' })
      return form({ label: 'Set the role', cancel: () => close(), fields: [field({ label: 'ARN of the role', control: role, name: 'ARN' })], save: () => call('PATCH', '/account', patch({ cloudwatchRoleArn: role.value.trim() })), done: () => close(true) })
    },
  })
}
