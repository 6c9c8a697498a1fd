// Bodies and messages for people: JSON readable and in colours, what is no text in words.
import { h } from '../dom.js'
import { pre, bytes } from '../ui.js'
import { colours } from '../editor.js'

const binary = '(base64) '
const coloured = 20000 // longer texts are shown in one colour

/** isWhole says whether a body of an event is all there: not cut, and no binary one in base64. */
export const isWhole = text => !text.startsWith(binary) && !(text.endsWith('…') && text.length > 1000)

/** pretty is a text with its JSON laid out, or null: it is no JSON object or array. */
export function pretty(text) {
  const first = text.trimStart()[0]
  if (first !== '{' && first !== '[') return null
  try { return JSON.stringify(JSON.parse(text), null, 2) } catch { return null }
}

/** body shows a text as it stands, or laid out. */
export function body(text, { raw = false } = {}) {
  if (text.startsWith(binary)) return h('div', {}, h('p', { class: 'about' }, 'Binary, here in base64.'), pre(text.slice(binary.length)))
  const laid = raw ? null : pretty(text)
  const shown = laid ?? text
  return pre(laid !== null && shown.length < coloured ? colours(shown, 'json') : shown, { class: 'body' })
}

const encoder = new TextEncoder()

/** sizeOf is how many bytes a text is on the wire. */
export const sizeOf = text => encoder.encode(text).length

/** size is that in words. */
export const size = text => bytes(sizeOf(text))
