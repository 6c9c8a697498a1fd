// Light, dark, or as the system has it. The choice is kept in the browser.

const key = 'gangway-theme'
const choices = ['system', 'light', 'dark']

/** theme is the present choice. */
export const theme = () => choices.includes(localStorage.getItem(key)) ? localStorage.getItem(key) : 'system'

/** setTheme chooses. */
export function setTheme(choice) {
  localStorage.setItem(key, choice)
  document.documentElement.dataset.theme = choice
}

document.documentElement.dataset.theme = theme()
