// The orientation page: suggestions, "ma position", the keyboard, list and map tied together.
import { say } from "./page.js";
import { Suggest, json } from "./suggest.js";

const form = document.getElementById("ask");
const box = document.getElementById("q");
const place = document.getElementById("place");
const results = [...document.querySelectorAll("#results > .result")];

// Empty fields are left out of the address.
form.addEventListener("submit", () => {
  for (const each of form.elements) if (each.name && !each.value) each.disabled = true;
});
addEventListener("pageshow", () => { for (const each of form.elements) each.disabled = false; });
form.querySelector("select").addEventListener("change", () => asked() && form.requestSubmit());
form.querySelector("[name=beds_min]")?.addEventListener("change", () => asked() && form.requestSubmit());
const asked = () => document.body.classList.contains("asked");

// A chosen code goes with the question; until the question is sent it is shown under the box.
const picked = Object.assign(document.createElement("ul"), { className: "chips picked" });
box.closest(".field").append(picked);
function also(name, values, label) {
  for (const value of values) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  picked.append(Object.assign(document.createElement("li"), { textContent: label }));
}

const KINDS = {
  activity: "activité", act: "acte", equipment: "équipement", mode: "prise en charge", site_category: "type d’établissement",
  public: "public", specialisation: "spécialisation", competence: "compétence", expertise: "expertise", reception: "accueil",
  field: "champ", group: "groupe d’activités", place: "lieu", commune: "commune", department: "département", region: "région", site: "établissement",
};

new Suggest(box, {
  async ask(text, signal) {
    const found = await json(`/api/v1/suggest?limit=8&q=${encodeURIComponent(text)}`, signal);
    return found.suggestions.map((each) => ({ ...each, detail: KINDS[each.kind] ?? "" }));
  },
  chosen({ parameter, values, label, span: [start, end] }) {
    const text = box.value.trim();
    const rest = `${text.slice(0, start)} ${text.slice(end)}`.replace(/\s+/g, " ").trim();
    box.value = parameter === "q" ? `${rest} ${values[0]}`.trim() : rest;
    if (parameter === "place") place.value = label;
    else if (parameter !== "q") also(parameter, values, label);
    if (asked() || place.value) form.requestSubmit();
    else place.focus();
  },
});

new Suggest(place, {
  async ask(text, signal) {
    const found = await json(`/api/v1/places?size=8&q=${encodeURIComponent(text)}`, signal);
    return found.places.map((each) => ({ ...each, label: `${each.name} (${each.department})`, detail: each.postcodes[0] ?? "" }));
  },
  chosen(item) {
    place.value = item.label;
    if (asked() || box.value) form.requestSubmit();
    else document.getElementById("age").focus();
  },
});

document.getElementById("here").addEventListener("click", () => {
  if (!navigator.geolocation) return say("Cet appareil ne donne pas sa position.");
  say("Recherche de la position…");
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => { place.value = `${coords.latitude.toFixed(5)},${coords.longitude.toFixed(5)}`; form.requestSubmit(); },
    () => say("Position refusée ou introuvable : écrire la commune."),
    { enableHighAccuracy: true, timeout: 8000, maximumAge: 60000 },
  );
});
document.getElementById("print")?.addEventListener("click", () => print());

// Keyboard: / to the box, arrows through results, t copies the phone. Enter on a focused result opens it by itself.
const current = () => results.findIndex((each) => each.contains(document.activeElement));

function go(to) {
  const result = results[Math.max(0, Math.min(results.length - 1, to))];
  result?.querySelector(".open").focus();
  result?.scrollIntoView({ block: "nearest" });
}

async function copyPhone() {
  const result = results[Math.max(0, current())];
  const phone = result?.querySelector("[data-phone]")?.dataset.phone;
  if (!phone) return say("Pas de téléphone à copier.");
  say((await copied(phone)) ? `Téléphone copié : ${phone}` : `Téléphone : ${phone}`);
}

// The clipboard is for secure pages only; the old way serves a hospital's plain http.
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = Object.assign(document.createElement("textarea"), { value: text });
    const before = document.activeElement;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    before?.focus();
    return done;
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const typing = event.target.closest?.("input:not([type=checkbox]), select, textarea");
  if (event.key === "Escape" && typing) return event.target.blur();
  if (typing && !(event.target === box && event.key === "ArrowDown")) return;
  const keys = {
    "/": () => { box.focus(); box.select(); },
    ArrowDown: () => results.length && go(current() + 1),
    ArrowUp: () => (current() > 0 ? go(current() - 1) : box.focus()),
    t: copyPhone,
  };
  if (!(event.key in keys)) return;
  if (event.target.closest?.(".map")) return;
  event.preventDefault();
  keys[event.key]();
});

// On a narrow screen the facets wait to be asked for.
if (matchMedia("(max-width: 720px)").matches) document.getElementById("facets")?.removeAttribute("open");

const mapBox = document.getElementById("map");
if (mapBox) (window.requestIdleCallback ?? setTimeout)(() => showMap());

async function showMap() {
  const { Points, fit, makeMap } = await import("./map.js");
  const map = makeMap(mapBox);
  const listed = results.filter((each) => each.dataset.lat).map((each) => ({
    lat: Number(each.dataset.lat), lon: Number(each.dataset.lon), rank: Number(each.dataset.rank),
    id: each.dataset.id, state: each.dataset.state, name: each.querySelector("h3").textContent, line: each,
  }));
  const near = mapBox.dataset.lat ? `?near=${mapBox.dataset.lat},${mapBox.dataset.lon}` : "";
  const points = new Points(map, {
    pick(point) {
      if (point.line) { highlight(point.line); point.line.querySelector(".open").focus(); point.line.scrollIntoView({ block: "center" }); }
      else location.href = `/units/${point.id.split("/").map(encodeURIComponent).join("/")}${near}`;
    },
    over: (point) => point.line && highlight(point.line),
  });
  const origin = mapBox.dataset.lat && [Number(mapBox.dataset.lat), Number(mapBox.dataset.lon)];
  if (origin) points.from(origin, Number(mapBox.dataset.radius) || 0);
  fit(map, listed, origin);
  points.show(listed);
  mapBox.told = () => points.told();
  for (const point of listed) {
    for (const name of ["mouseenter", "focusin"]) point.line.addEventListener(name, () => { highlight(point.line); points.mark(point); });
  }
  if (mapBox.dataset.points) {
    const told = await json(mapBox.dataset.points);
    const known = new Set(listed.map((each) => each.id));
    const others = told.points.filter(([id]) => !known.has(id)).map(([id, name, lat, lon]) => ({ id, name, lat, lon, state: "unknown" }));
    points.show([...listed, ...others]);
  }
  mapBox.dataset.ready = String(points.points.length);
}

let lit;
function highlight(line) {
  lit?.classList.remove("here");
  lit = line;
  lit.classList.add("here");
}
