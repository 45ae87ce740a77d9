// The board kept live: accepted counts come as events, the sums are asked again, and a lost link is said.
import { ago, growOld, say } from "./page.js";

const live = document.getElementById("live");
const ticker = document.getElementById("changes");
const AFTER_EVENT_MS = [0, 1100];
const PULSE_MS = 15000;
const RETRY_MS = 3000;
const KEPT = 12;
const HEADS = { "01": "installés", "02": "libres", "03": "occupés", "04": "réservés", "05": "fermés", "06": "en plus" };

const state = { streaming: false, sums: true, fresh: new Date(), lost: null };
let source;
const timers = new Set();

function clock(date) { return date.toLocaleTimeString("fr-FR", { hour: "2-digit", minute: "2-digit", second: "2-digit" }); }

function tell() {
  const fine = state.streaming && state.sums;
  if (fine) state.lost = null;
  else state.lost ??= new Date();
  live.className = `live ${fine ? "on" : "lost"}`;
  const what = state.sums ? "Lien direct perdu" : "Moteur injoignable";
  const text = fine
    ? `En direct – chiffres de ${clock(state.fresh)}`
    : `${what} depuis ${clock(state.lost)} (${ago((Date.now() - state.lost) / 1000)}) – chiffres de ${clock(state.fresh)}`;
  if (live.textContent !== text) live.textContent = text;
}

function connect() {
  source?.close();
  source = new EventSource(live.dataset.stream);
  source.onopen = () => { state.streaming = true; tell(); refresh(); };
  source.onerror = () => {
    state.streaming = false;
    tell();
    // The browser comes back by itself unless the server refused.
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, RETRY_MS);
  };
  source.addEventListener("count", (event) => { note(JSON.parse(event.data)); soon(); });
  source.addEventListener("lost", refresh);
}

// The store shows a write a little after the history does: the sums are asked at once and again.
function soon() {
  for (const timer of timers) clearTimeout(timer);
  timers.clear();
  for (const delay of AFTER_EVENT_MS) timers.add(setTimeout(refresh, delay));
}

let asking = false, again = false;
async function refresh() {
  if (asking) { again = true; return; }
  asking = true;
  try {
    const answer = await fetch(live.dataset.fragment);
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("board");
    replace(fresh);
    state.sums = true;
    state.fresh = new Date(fresh.dataset.asof);
  } catch {
    state.sums = false;
  }
  asking = false;
  tell();
  if (again) { again = false; refresh(); }
}

function replace(fresh) {
  const old = document.getElementById("board");
  const focused = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const before = new Map([...old.querySelectorAll("tr[data-row]")].map((row) => [row.dataset.row, row.dataset.available]));
  old.replaceWith(fresh);
  for (const row of fresh.querySelectorAll("tr[data-row]")) {
    if (before.has(row.dataset.row) && before.get(row.dataset.row) !== row.dataset.available) row.classList.add("changed");
  }
  if (focused) fresh.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  growOld(fresh);
}

function note(entry) {
  const item = document.createElement("li");
  const what = entry.deleted ? "compte retiré" : `${entry.count} ${entry.kind === "02" ? "places" : "lits"} ${HEADS[entry.status] ?? ""}`;
  const strong = Object.assign(document.createElement("strong"), { textContent: what });
  item.append(strong, ` – zone ${entry.place}, par ${entry.who ?? "?"}, à ${clock(new Date(entry.received_at))}`);
  ticker.prepend(item);
  while (ticker.children.length > KEPT) ticker.lastElementChild.remove();
  document.getElementById("nochange").hidden = true;
}

const full = document.getElementById("full");
full.addEventListener("click", () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen().catch(() => say("Le plein écran est refusé ici."));
});
document.addEventListener("fullscreenchange", () => {
  const on = Boolean(document.fullscreenElement);
  document.body.classList.toggle("wall", on);
  full.textContent = on ? "Quitter le plein écran" : "Plein écran";
});

for (const select of document.querySelectorAll("form.tool select")) {
  select.addEventListener("change", () => {
    if (select.id === "region") document.getElementById("department").value = "";
    for (const each of select.form.elements) if (each.name && !each.value) each.disabled = true;
    select.form.requestSubmit();
  });
}

connect();
setInterval(refresh, PULSE_MS);
setInterval(tell, 1000);
addEventListener("pagehide", () => source.close());
