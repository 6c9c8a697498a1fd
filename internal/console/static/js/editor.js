// An editor for templates and JSON: lines with numbers, colours, and what the node would refuse, in its place.
import { h, replace, uid } from './dom.js'
import { call } from './api.js'

const json = [['t-name', /"(?:[^"\\\n]|\\.)*"(?=\s*:)/y], ['t-text', /"(?:[^"\\\n]|\\.)*"/y], ['t-number', /-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b/y], ['t-word', /\b(?:true|false|null)\b/y]]
const grammars = {
  json,
  vtl: [['t-note', /##[^\n]*|#\*[\s\S]*?\*#/y], ['t-word', /#\{?(?:set|if|elseif|else|end|foreach|break|stop|return|define|macro|include|parse|evaluate)\b\}?/y], ['t-name', /\$!?\{?[A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*)*\}?/y], ...json.slice(1)],
  text: [],
}

function coloured(text, grammar) {
  const out = []
  for (let at = 0, plain = 0; ;) {
    let hit = null
    for (const [name, pattern] of grammar) {
      pattern.lastIndex = at
      const found = at < text.length && pattern.exec(text)
      if (found && found[0]) { hit = [name, found[0]]; break }
    }
    if (hit || at >= text.length) {
      if (plain < at) out.push(text.slice(plain, at))
      if (at >= text.length) return [...out, '\n']
      out.push(h('span', { class: hit[0] }, hit[1]))
      plain = at += hit[1].length
    } else at++
  }
}

/** colours are the parts of a text, in the colours of a language: json or vtl. */
export const colours = (text, language) => coloured(text, grammars[language] ?? [])

/**
 * editor edits a text: { value, language: 'json' | 'vtl' | 'text', kind: of CheckText, ask: what else CheckText wants to know, label, lines, readonly, onChange }. Its value is the text; its
 * errors are what the node would refuse, as of the last answer; check() asks anew.
 */
export function editor({ value = '', language = 'text', kind, ask = {}, label = 'Text', lines = 8, readonly = false, onChange = () => {} }) {
  const box = h('textarea', { spellcheck: 'false', autocomplete: 'off', autocapitalize: 'off', wrap: 'off', 'aria-label': label, readonly, id: uid('editor'), value })
  const shown = h('pre', { 'aria-hidden': 'true' })
  const gutter = h('div', { class: 'editor-lines', 'aria-hidden': 'true' })
  const foot = h('div', { class: 'editor-foot', role: 'status', hidden: true })
  const root = h('div', { class: 'editor' }, h('div', { class: 'editor-area' }, gutter, h('div', { class: 'editor-text' }, shown, box)), foot)
  root.errors = []
  root.control = box
  const draw = () => {
    const text = box.value
    replace(shown, text.length < 60000 ? coloured(text, grammars[language] ?? []) : text + '\n')
    const wrong = new Set(root.errors.map(e => e.line))
    const count = text.split('\n').length
    replace(gutter, Array.from({ length: Math.max(count, lines) }, (_, i) => [wrong.has(i + 1) ? h('span', { class: 'at' }, i + 1) : i < count ? i + 1 : '', '\n']))
    box.rows = Math.max(count, lines)
    shown.style.minWidth = box.style.minWidth = `${Math.min(4000, Math.max(...text.split('\n').map(l => l.length)) + 4)}ch`
    root.classList.toggle('wrong', root.errors.length > 0)
    foot.hidden = root.errors.length === 0
    foot.classList.toggle('bad', root.errors.length > 0)
    replace(foot, root.errors.slice(0, 5).map(e => h('div', {}, h('button', { type: 'button', onclick: () => place(e) }, e.line ? `Line ${e.line}${e.column ? `, column ${e.column}` : ''}: ${e.message}` : e.message))))
    box.setAttribute('aria-invalid', String(root.errors.length > 0))
  }
  const place = ({ line = 1, column = 1 }) => {
    const at = box.value.split('\n').slice(0, line - 1).reduce((n, l) => n + l.length + 1, 0) + column - 1
    box.focus()
    box.setSelectionRange(at, at + 1)
  }
  let waiting, asked = 0
  root.check = async () => {
    clearTimeout(waiting)
    const mine = ++asked
    if (!kind || box.value.trim() === '') { root.errors = []; draw(); return true }
    try {
      const { errors } = await call('POST', '/gangway/check', { kind, text: box.value, ...ask })
      if (mine === asked) { root.errors = errors ?? []; draw() }
    } catch { /* what cannot be checked now is checked when it is saved */ }
    return root.errors.length === 0
  }
  root.mark = errors => { root.errors = errors; draw() }
  box.addEventListener('input', () => {
    draw()
    onChange(box.value)
    clearTimeout(waiting)
    waiting = setTimeout(root.check, 300)
  })
  // Tab indents; Escape, then Tab, leaves: who uses the keyboard alone is not caught here.
  let leave = false
  box.addEventListener('keydown', event => {
    if (event.key === 'Escape') { if (!leave && !readonly) event.preventDefault(); leave = true } // the next one closes the dialog that the editor is in
    else if (event.key === 'Tab' && !event.shiftKey && !leave && !readonly) { event.preventDefault(); box.setRangeText('  ', box.selectionStart, box.selectionEnd, 'end'); box.dispatchEvent(new Event('input')) }
    else if (event.key !== 'Shift') leave = false
  })
  Object.defineProperty(root, 'value', { get: () => box.value, set: text => { box.value = text; draw() } })
  draw()
  return root
}
