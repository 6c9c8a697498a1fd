// Which page an address stands for. Addresses are the part behind '#', so that the node serves one document whatever is shown.

const table = []

/** route adds a page: '/apis/:api/routes/:route?' and a function that loads the module which shows it. */
export function route(pattern, load) {
  table.push({ parts: pattern.split('/').slice(1), load })
}

/** find is the page of an address, with the parts that have names; null: there is none. */
export function find(address) {
  const [way, query = ''] = address.split('?')
  const given = way.split('/').slice(1).filter((part, i, all) => part !== '' || i < all.length - 1)
  for (const { parts, load } of table) {
    const params = match(parts, given)
    if (params) return { load, params, query: new URLSearchParams(query), path: way }
  }
  return null
}

function match(parts, given) {
  if (given.length > parts.length) return null
  const params = {}
  for (const [i, part] of parts.entries()) {
    const value = given[i]
    if (part.startsWith(':')) {
      if (value === undefined && !part.endsWith('?')) return null
      if (value !== undefined) {
        try { params[part.replace(/[:?]/g, '')] = decodeURIComponent(value) } catch { return null }
      }
    } else if (part !== value) return null
  }
  return params
}

/** address is what is behind '#'. */
export const address = () => location.hash.slice(1) || '/apis'

let free = () => true

/** heed has a function be asked before a page is left by go; it is told how to go on, should it say no for now. */
export const heed = fn => { free = fn }

/** go shows another page. */
export function go(to, { instead = false } = {}) {
  if (!free(() => go(to, { instead }))) return
  if (instead) {
    history.replaceState(null, '', '#' + to)
    dispatchEvent(new HashChangeEvent('hashchange'))
  } else if (address() === to) dispatchEvent(new HashChangeEvent('hashchange'))
  else location.hash = to
}

/** stay changes the address of a page that shows what is behind the new one by itself. */
export const stay = (to, { instead = false } = {}) => history[instead ? 'replaceState' : 'pushState'](null, '', '#' + to)

/** to is an address with parts escaped: to`/apis/${id}/stages/${name}`. */
export const to = (texts, ...parts) => texts.reduce((all, text, i) => all + encodeURIComponent(parts[i - 1]) + text)
