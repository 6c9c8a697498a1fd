// A field for a selection expression: what the node would refuse is said as soon as it was written.
import { call } from '../api.js'
import { field, input } from '../form.js'

/** expressionField asks for an expression; use is what it selects: route, model, request or response. Its value is the text. */
export function expressionField({ label, value = '', use, name, hint, optional = true }) {
  const control = input({ value, placeholder: '\\$default', spellcheck: 'false', autocomplete: 'off' })
  const el = field({ label, control, name, hint, optional })
  let asked = 0
  control.addEventListener('input', async () => {
    const mine = ++asked
    const text = control.value.trim()
    await new Promise(done => setTimeout(done, 300))
    if (mine !== asked) return
    try {
      const { errors } = text ? await call('POST', '/gangway/check', { kind: 'expression', use, text }) : { errors: [] }
      if (mine === asked) el.fault(errors[0]?.message)
    } catch { /* what cannot be checked now is checked when it is saved */ }
  })
  Object.defineProperty(el, 'value', { get: () => control.value.trim(), set: text => { control.value = text } })
  return el
}
