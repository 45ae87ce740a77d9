// The page of a unit: where its places are, and t copies the first telephone.
import { say } from "./page.js";

const box = document.getElementById("map");
const places = [...document.querySelectorAll(".placecard[data-lat]")].map((each, n) => ({
  lat: Number(each.dataset.lat), lon: Number(each.dataset.lon), name: each.dataset.name, state: each.dataset.state, rank: n + 1, card: each,
}));

if (places.length) {
  const { Points, fit, makeMap } = await import("./map.js");
  const map = makeMap(box);
  const near = box.dataset.near?.split(",").map(Number);
  const points = new Points(map, { pick: (point) => point.card.scrollIntoView({ block: "center" }) });
  if (near) points.from(near, 0);
  fit(map, places, near);
  points.show(places);
  box.told = () => points.told();
  box.dataset.ready = String(places.length);
} else {
  box.closest(".mapcard").hidden = true;
}

document.addEventListener("keydown", async (event) => {
  if (event.key !== "t" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select")) return;
  const phone = document.querySelector("[data-phone]")?.dataset.phone;
  if (!phone) return;
  try {
    await navigator.clipboard.writeText(phone);
    say(`Téléphone copié : ${phone}`);
  } catch {
    say(`Téléphone : ${phone}`);
  }
});
