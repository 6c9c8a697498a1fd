// What becomes of the answer of a backend that is no proxy: the responses of an integration.
import { h, replace } from '../dom.js'
import { all, call, path } from '../api.js'
import { button, code, empty, later, toast } from '../ui.js'
import { dialog, confirm } from '../dialog.js'
import { form, field, group, input, choice, pairs } from '../form.js'
import { expressionField } from './expression_field.js'
import { templates } from './templates.js'
import { saveChild } from './child.js'

/**
 * integrationResponses lists the responses of an integration, to be made, changed and deleted. `changed` is told the list whenever
 * it was read.
 */
export function integrationResponses(of, integration, { signal, changed = () => {} } = {}) {
  const collection = of + path`/integrations/${integration.integrationId}/integrationresponses`
  const root = h('div', { class: 'stack' })
  const draw = () => replace(root, later(async () => {
    const list = (await all(collection, { signal })).sort((a, b) => (a.integrationResponseKey === '$default') - (b.integrationResponseKey === '$default') || a.integrationResponseKey.localeCompare(b.integrationResponseKey))
    changed(list)
    const ask = before => edit(collection, integration, before, list).then(saved => { if (saved) draw() })
    const add = button('Add response', () => ask(), { icon: 'plus', kind: list.length === 0 ? 'primary' : 'small' })
    if (list.length === 0) {
      return empty('No integration response', integration.integrationType === 'MOCK'
        ? 'Without one, $connect and $disconnect go through, and every other route answers with an error.' : 'An integration that is no proxy needs at least $default; without it the client gets “Internal server error”.', add)
    }
    return [h('ul', { class: 'cards' }, list.map(r => card(r, ask, () => drop(collection, r).then(gone => { if (gone) draw() })))), h('div', {}, add)]
  }, { signal }))
  draw()
  return root
}

const counted = (map, one, many) => { const n = Object.keys(map ?? {}).length; return n === 0 ? null : `${n} ${n === 1 ? one : many}` }

function card(r, ask, drop) {
  const says = [counted(r.responseTemplates, 'template', 'templates'), counted(r.responseParameters, 'parameter', 'parameters'), r.contentHandlingStrategy].filter(Boolean).join(' · ')
  return h('li', { class: 'card' },
    h('div', { class: 'row' }, h('div', { class: 'grow' }, code(r.integrationResponseKey), h('div', { class: 'hint' }, says || 'The answer as it is')),
      button('Edit', () => ask(r), { icon: 'edit', kind: 'small', 'aria-label': `Edit response ${r.integrationResponseKey}` }), button('', drop, { icon: 'trash', kind: 'plain small', 'aria-label': `Delete response ${r.integrationResponseKey}`, title: 'Delete' })),
    Object.entries(r.responseTemplates ?? {}).map(([, text]) => h('pre', { class: 'peek' }, text)))
}

const drop = (collection, r) => confirm({
  title: `Delete the response ${r.integrationResponseKey}?`, text: 'Answers that it matched go to the next response that matches, else to $default.',
  does: async () => { await call('DELETE', collection + path`/${r.integrationResponseId}`); toast('Deleted.') },
})

/** edit asks for one response, a new one if there is none before. */
function edit(collection, integration, before, list) {
  const key = input({ value: before?.integrationResponseKey ?? (list.some(r => r.integrationResponseKey === '$default') ? '' : '$default'), placeholder: '/2\\d\\d/', spellcheck: 'false' })
  const expression = expressionField({ label: 'Template selection expression', value: before?.templateSelectionExpression, use: 'response', name: 'templateselectionexpression' })
  const content = choice([{ value: '', label: 'As it comes' }, { value: 'CONVERT_TO_TEXT', label: 'Convert to text' }, { value: 'CONVERT_TO_BINARY', label: 'Convert to binary' }], { value: before?.contentHandlingStrategy ?? '' })
  const mapped = pairs(before?.responseParameters, { name: 'route.response.header.NAME', of: 'integration.response.body.name', add: 'Add mapping' })
  const texts = templates(before?.responseTemplates, { kind: 'response' })
  const against = integration.integrationResponseSelectionExpression
  return dialog({
    title: before ? `Response ${before.integrationResponseKey}` : 'New integration response', wide: true,
    body: close => form({
      label: before ? 'Save' : 'Create', cancel: () => close(),
      fields: [
        field({ label: 'Response key', control: key, name: 'integrationresponsekey|integrationresponse with key', hint: h('span', {}, code('$default'), ', or a regular expression between slashes', against && [' for the whole of ', code(against)], '.') }),
        group({ label: 'Response templates', control: texts, name: 'responsetemplates', optional: true, hint: 'Without a template the client gets the answer as it is.' }),
        expression,
        group({ label: 'Response parameters', control: mapped, name: 'responseparameters|parameter', optional: true }),
        field({ label: 'Content handling', control: content, name: 'contenthandling' }),
      ],
      save: async () => {
        if (!await texts.check()) throw new Error('A template is wrong: see the line under it.')
        await saveChild(collection, 'integrationResponseId', before, {
          integrationResponseKey: key.value.trim(), templateSelectionExpression: expression.value, contentHandlingStrategy: content.value,
          responseParameters: mapped.value, responseTemplates: texts.value,
        }, { integrationResponseKey: `/made-anew-${Date.now()}/` })
        return true
      },
      done: saved => { toast('Saved. Deploy the API for clients to see it.'); close(saved) },
    }),
  })
}
