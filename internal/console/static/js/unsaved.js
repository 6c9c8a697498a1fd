// What was typed and not saved is not lost by a slip: who leaves it is asked, by whatever way.
import { discard } from './dialog.js'
import { saved } from './form.js'
import { go, heed, stay } from './router.js'

/** unsaved is a form in which something was typed that is not saved. */
export const unsaved = () => document.querySelector('.shell form[data-unsaved], dialog form[data-unsaved]')

/** forget takes what was typed for lost. */
export const forget = () => { for (const form of document.querySelectorAll('form[data-unsaved]')) saved(form) }

let asking = false

/** lose asks whether what was typed may be lost, and then goes on with leave. */
async function lose(leave) {
  if (asking) return
  asking = true
  const sure = await discard({ title: 'Leave without saving?', text: 'What you have typed on this page is not saved.', action: 'Leave', stay: unsaved() }).finally(() => { asking = false })
  if (!sure) return
  forget()
  leave()
}

/** guard asks whoever goes to another page, or to another part of one, before what was typed is gone. */
export function guard() {
  addEventListener('click', event => {
    const way = event.target.closest?.('a[href^="#"], [data-leaves]')
    if (!way || !unsaved() || way.getAttribute('href') === '#main' || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    event.stopImmediatePropagation()
    lose(() => way.click())
  }, { capture: true })
  // Who has gone by the keys of the browser is there already: the address is taken back until it is known what they want.
  addEventListener('hashchange', event => {
    if (!unsaved() || !event.oldURL) return
    event.stopImmediatePropagation()
    const wanted = location.hash.slice(1)
    stay(new URL(event.oldURL).hash.slice(1))
    lose(() => { location.hash = wanted })
  })
  heed(leave => { if (!unsaved()) return true; lose(leave); return false })
  addEventListener('beforeunload', event => { if (unsaved()) event.preventDefault() })
}

/** goFrom leads away from what has been deleted, with what was typed about it. */
export function goFrom(to) {
  forget()
  go(to)
}
