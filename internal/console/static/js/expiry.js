// A session that is about to end says so while there is time to keep it: WCAG 2.2, 2.2.1.
import { session } from './api.js'
import { button, toast } from './ui.js'
import { dialog } from './dialog.js'

const minute = 60000
const idle = 30 * minute // without a request that somebody has asked for, the node ends a session
const ahead = 2 * minute
const aheadOfEnd = 5 * minute // what has to be signed in for again takes longer

/** watch warns of the end of the session; ended is called when it has come, again when somebody wants to sign in before it does. */
export function watch({ ended, again }) {
  let open = false, told = null
  const ask = async options => {
    open = true
    try { return await dialog(options) } finally { open = false }
  }
  const look = async () => {
    if (open || !session.current || document.querySelector('.signin')) return
    const { expires } = session.current
    const left = Date.parse(expires) - Date.now(), quiet = session.used + idle - Date.now()
    if (left > 0 && left < aheadOfEnd && told !== expires) {
      told = expires
      if (await ask({ title: 'Your session ends soon', body: 'Sign in again to go on without a break. Nothing that you have typed is lost.', actions: close => [button('Not now', () => close()), button('Sign in again', () => close(true), { kind: 'primary', autofocus: true })] })) again()
    } else if (quiet > 0 && quiet < ahead) {
      await ask({ title: 'Are you still there?', body: 'Without a sign of you the session ends in two minutes. What you have typed stays.', actions: close => [button('Stay signed in', () => close(), { kind: 'primary', autofocus: true })] })
      const before = session.current
      if (await session.load()) { toast('You stay signed in.'); return }
      session.current = before
      ended()
    }
  }
  setInterval(() => look().catch(() => {}), 15000) // what cannot be asked now is asked in a moment
  document.addEventListener('visibilitychange', () => look().catch(() => {}))
}
