// What is different between what was loaded and what is to be saved. Only that is sent: what somebody else has changed meanwhile stays.

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b)
const own = (of, key) => Object.hasOwn(of, key) ? of[key] : undefined // a key may be called toString

/** changed are those members of after that before has otherwise, or not at all. */
export const changed = (before, after) => Object.fromEntries(Object.entries(after).filter(([k, v]) => v !== undefined && !same(v, own(before, k))))

/** gone are the keys of before that after has not. */
export const gone = (before, after) => Object.keys(before).filter(k => !Object.hasOwn(after, k))

/** emptied is what an update says of a map: what is different, and an empty text for what is gone. */
export const emptied = (before, after) => Object.fromEntries([...gone(before, after).map(k => [k, '']), ...Object.entries(changed(before, after))])

/** isEmpty says whether nothing is different. */
export const isEmpty = object => Object.keys(object).length === 0
