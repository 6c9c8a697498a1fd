// Dialogs: the browser's own, which keeps the focus inside, closes on Escape and gives the focus back.
import { h } from './dom.js'
import { button, busy } from './ui.js'
import { input, field } from './form.js'

/**
 * dialog shows something in front of the page. `actions` gets close and returns the buttons; the promise is what close was
 * called with, or undefined when the dialog was dismissed. Who dismisses what was typed is asked; without `closes` nobody dismisses it.
 */
export function dialog({ title, body, actions, wide = false, about, closes = true }) {
  return new Promise(done => {
    let result
    const close = value => { result = value; el.close() }
    const dismiss = () => { if (el.querySelector('form[data-unsaved]')) discard({ title: 'Close without saving?', text: 'What you have typed here is not saved.', stay: el }).then(sure => sure && close()); else close() }
    const el = h('dialog', { class: wide ? 'wide' : '', 'aria-label': title },
      h('header', {}, h('h2', {}, title), closes && button('', () => dismiss(), { kind: 'plain small', icon: 'close', 'aria-label': 'Close' })),
      h('div', { class: 'dialog-body' }, about && h('p', { class: 'about' }, about), typeof body === 'function' ? body(close) : body),
      actions && h('footer', {}, actions(close)))
    const here = location.hash
    const leave = () => { if (closes && location.hash !== here) close() } // who goes back in the browser leaves the dialog with its page
    addEventListener('hashchange', leave)
    el.addEventListener('keydown', event => { if (event.key === 'Escape' && !event.defaultPrevented) { event.preventDefault(); if (closes) dismiss() } })
    el.addEventListener('cancel', event => { if (event.target === el) { event.preventDefault(); if (closes) dismiss() } }) // the gesture that goes back on a telephone
    el.addEventListener('close', () => { removeEventListener('hashchange', leave); el.remove(); done(result) })
    document.body.append(el)
    el.showModal()
    el.querySelector('[autofocus], input, select, textarea')?.focus()
  })
}

/** discard asks whether what was typed may be lost; `stay` is where it was. True: it may. */
export async function discard({ title, text, stay, action = 'Discard' }) {
  const sure = await dialog({
    title, body: text,
    actions: close => [button(action, () => close(true)), button('Stay', () => close(), { kind: 'primary', autofocus: true })],
  })
  if (!sure) stay?.querySelector('input, select, textarea')?.focus()
  return Boolean(sure)
}

/** confirm asks before something is done that cannot be undone; `word` has to be typed, if there is one. True: it was done. */
export function confirm({ title, text, action = 'Delete', word, does }) {
  return dialog({
    title,
    body: close => {
      const typed = word ? input({ autocomplete: 'off', spellcheck: 'false' }) : null
      const fault = h('p', { class: 'fault', role: 'alert' })
      const go = h('button', { type: 'submit', class: 'button danger', disabled: Boolean(word) }, h('span', {}, action))
      typed?.addEventListener('input', () => { go.disabled = typed.value !== word })
      const form = h('form', { class: 'form' }, h('p', {}, text), typed && field({ label: `To confirm, type “${word}”`, control: typed }), fault,
        h('div', { class: 'form-actions' }, button('Cancel', () => close(), { kind: 'plain' }), go))
      form.addEventListener('submit', event => {
        event.preventDefault()
        if (go.disabled) return
        busy(go, async () => { try { await does(); close(true) } catch (err) { fault.textContent = err.message } })
      })
      return form
    },
  })
}
