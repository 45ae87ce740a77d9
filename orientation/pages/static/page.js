// What every page has: the theme switch, ages that grow, a word said in passing.
const THEMES = { auto: "Thème : auto", light: "Thème : clair", dark: "Thème : sombre" };

for (const each of document.querySelectorAll(".needs-script")) each.hidden = false;

const button = document.getElementById("theme");
const current = () => document.documentElement.dataset.theme ?? "auto";
function showTheme() {
  document.getElementById("theme-name").textContent = THEMES[current()];
  button.title = THEMES[current()];
}
button.addEventListener("click", () => {
  const names = Object.keys(THEMES);
  const next = names[(names.indexOf(current()) + 1) % names.length];
  if (next === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try { localStorage.setItem("theme", next); } catch { /* it holds for this page */ }
  showTheme();
  say(THEMES[next]);
});
showTheme();

// The same words as french.py.
export function ago(seconds) {
  if (seconds < 60) return "à l’instant";
  if (seconds < 7200) return `il y a ${Math.floor(seconds / 60)} min`;
  if (seconds < 172800) return `il y a ${Math.floor(seconds / 3600)} h`;
  return `il y a ${Math.floor(seconds / 86400)} jours`;
}

export function growOld(root = document) {
  for (const time of root.querySelectorAll("time[data-ago]")) {
    const said = ago(Math.max(0, (Date.now() - Date.parse(time.dateTime)) / 1000));
    if (time.textContent !== said) time.textContent = said;
  }
}
setInterval(growOld, 15000);

const toast = document.getElementById("toast");
let fading;
export function say(text) {
  toast.textContent = text;
  clearTimeout(fading);
  fading = setTimeout(() => { toast.textContent = ""; }, 4000);
}
