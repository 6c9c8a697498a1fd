// Elements are made here and nowhere else. What users have written becomes text, never markup: there is no way to hand HTML in.

const svgNames = new Set(['svg', 'path', 'g', 'line', 'rect', 'circle', 'polyline', 'polygon', 'text', 'title'])

/**
 * h makes an element. Properties: `on...` are listeners, `class` and `dataset` as usual, booleans set or leave out an attribute;
 * everything else is an attribute. Children are elements, texts, numbers, arrays of them; null and false are left out.
 */
export function h(tag, props, ...children) {
  const el = svgNames.has(tag) ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag)
  for (const [name, value] of Object.entries(props ?? {})) set(el, name, value)
  append(el, children)
  return el
}

function set(el, name, value) {
  if (value === undefined || value === null || value === false) return
  if (name.startsWith('on') && typeof value === 'function') el.addEventListener(name.slice(2).toLowerCase(), value)
  else if (name === 'value' || name === 'checked' || name === 'disabled' || name === 'indeterminate') el[name] = value
  else if (name === 'dataset') Object.assign(el.dataset, value)
  else if (name === 'style') Object.assign(el.style, value) // by the object model: the policy of the page forbids the attribute
  else el.setAttribute(name, value === true ? '' : String(value))
}

/** append puts children at the end of an element. */
export function append(el, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === true) continue
    el.append(child instanceof Node ? child : String(child))
  }
  return el
}

/** replace puts children in the place of those that an element has. */
export function replace(el, ...children) {
  el.replaceChildren()
  return append(el, children)
}

let ids = 0

/** uid is an id that no other element of the page has. */
export const uid = prefix => `${prefix}-${++ids}`
