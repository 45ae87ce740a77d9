// Before the first paint: the theme chosen here, and the mark that scripts run. Storage may be closed.
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch { /* the system's theme holds */ }
})();
