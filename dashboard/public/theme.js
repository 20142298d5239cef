// Before the first paint: the theme that was chosen here before. What it may be, src/theme.ts knows.
try {
  document.documentElement.dataset.theme = localStorage.getItem('theme') ?? 'system';
} catch {
  // Storage is forbidden: the system's theme.
}
