// Sets the chosen theme before the first paint, so that the page never flashes. A file of its own: the policy allows no inline script.
try {
  var chosen = localStorage.getItem('engram_theme')
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen
} catch {
  // Storage is blocked: the system's theme applies.
}
