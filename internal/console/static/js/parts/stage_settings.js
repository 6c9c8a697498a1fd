// Settings of a stage that are no matter of logs or limits: what it is for, how it is deployed, its variables, its certificate.
import { h } from '../dom.js'
import { call, all } from '../api.js'
import { button, later, toast, details, pre, time, status } from '../ui.js'
import { form, field, input, check, choice, pairs } from '../form.js'
import { changed, emptied, isEmpty } from '../changed.js'

/** settings edits the description, automatic deployment and the client certificate. */
export const settings = seen => later(() => edit(seen), { signal: seen.signal })

async function edit({ stage, at, signal, refresh }) {
  const certificates = await all('/clientcertificates', { signal }).catch(err => { if (err.status === 403) return []; throw err })
  const label = c => [c.clientCertificateId, c.description].filter(Boolean).join(' · ')
  const known = certificates.map(c => ({ value: c.clientCertificateId, label: label(c) }))
  if (stage.clientCertificateId && !known.some(k => k.value === stage.clientCertificateId)) known.push({ value: stage.clientCertificateId, label: stage.clientCertificateId })
  const description = input({ value: stage.description ?? '', maxlength: 1024 })
  const auto = check('Deploy automatically', { checked: stage.autoDeploy, hint: 'Each change of the API is deployed to this stage a moment later. Deployments are not chosen by hand meanwhile.' })
  const certificate = choice([{ value: '', label: 'None' }, ...known], { value: stage.clientCertificateId ?? '' })
  const shown = h('div', {})
  const look = () => {
    const c = certificates.find(x => x.clientCertificateId === certificate.value)
    shown.replaceChildren(...c ? [h('p', { class: 'about' }, 'Valid until ', time(c.expirationDate), expires(c)), details('Certificate (PEM)', pre(c.pemEncodedCertificate))] : [])
  }
  certificate.addEventListener('change', look)
  look()
  const generate = button('Generate certificate', async () => {
    const c = await call('POST', '/clientcertificates', { description: `Stage ${stage.stageName}` })
    certificates.push(c)
    certificate.append(h('option', { value: c.clientCertificateId }, label(c)))
    certificate.value = c.clientCertificateId
    look()
    toast('The certificate is made. Save to have the stage show it.')
  }, { kind: 'small', icon: 'plus' })
  return form({
    fields: [
      field({ label: 'Description', control: description, name: 'description', hint: stage.description ? 'It can be changed, but not taken away.' : undefined }),
      auto,
      field({ label: 'Client certificate', control: certificate, name: 'clientCertificateId', hint: 'Shown to backends that ask for one, so that they know the calls come from here.' }), shown, h('div', { class: 'actions' }, generate),
    ],
    save: async () => {
      const body = changed({ description: '', autoDeploy: false, clientCertificateId: '', ...stage }, { description: description.value, autoDeploy: auto.control.checked, clientCertificateId: certificate.value })
      if (body.description === '') throw new Error('description: it cannot be taken away, only changed.')
      if (!isEmpty(body)) await call('PATCH', at, body)
    },
    done: () => { toast('Saved. It acts at once.'); refresh() },
  })
}

const expires = c => c.expirationDate * 1000 < Date.now() ? [' ', status('bad', 'expired')] : null

/** variables edits the stage variables. */
export function variables({ stage, at, refresh }) {
  const before = stage.stageVariables ?? {}
  const control = pairs(before, { add: 'Add variable' })
  return form({
    label: 'Save variables',
    fields: [
      h('p', { class: 'about' }, 'Integrations and templates read them as ', h('code', {}, '${stageVariables.name}'), ' and ', h('code', {}, '$stageVariables.name'), ': one definition, another backend on each stage. They act at once.'),
      h('div', { role: 'group', 'aria-label': 'Stage variables' }, control),
    ],
    save: async () => {
      const stageVariables = emptied(before, control.value)
      if (!isEmpty(stageVariables)) await call('PATCH', at, { stageVariables })
    },
    done: () => { toast('Variables are saved.'); refresh() },
  })
}
