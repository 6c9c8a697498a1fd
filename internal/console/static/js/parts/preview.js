// What will change, shown before it is done: nobody presses the button before there is something to look at.
import { h, replace } from '../dom.js'
import { later } from '../ui.js'

/**
 * preview is a place in which make() is shown; `allow` is told whether what is shown is what is asked for. Its look(make) shows it;
 * look(null, el) shows el, and there is nothing to be asked for.
 */
export function preview(allow) {
  const el = h('div', { 'aria-live': 'polite' })
  let asked = 0
  el.look = (make, ...before) => {
    const mine = ++asked
    allow(false)
    // What may not be seen may be allowed all the same: the place says then why it is empty.
    replace(el, before, make && later(async () => { try { return await make() } finally { if (mine === asked) allow(true) } }, { label: 'Comparing' }))
  }
  return el
}
