// What was typed and not saved is not lost by a slip: who leaves it is asked.
import { dialog } from './dialog.js'
import { button } from './ui.js'
import { saved } from './form.js'

export const unsaved = () => document.querySelector('main form[data-unsaved]')

/** guard asks whoever goes to another page, or to another part of one, before what was typed is gone. */
export function guard() {
  addEventListener('click', event => {
    const way = event.target.closest?.('a[href^="#"], [data-leaves]')
    const form = unsaved()
    if (!way || !form || way.closest('dialog') || way.getAttribute('href') === '#main' || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    event.stopImmediatePropagation()
    ask(() => { for (const f of document.querySelectorAll('form[data-unsaved]')) saved(f); way.click() }, form)
  }, { capture: true })
  addEventListener('beforeunload', event => { if (unsaved()) event.preventDefault() })
}

const ask = (leave, form) => dialog({
  title: 'Leave without saving?',
  body: 'What you have typed on this page is not saved.',
  actions: close => [
    button('Leave', () => { close(); leave() }),
    button('Stay', () => { close(); form.querySelector('input, select, textarea')?.focus() }, { kind: 'primary', autofocus: true }),
  ],
})
