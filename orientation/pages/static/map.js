// The map: listed results as numbered pins, all the others as dots, groups where they would overlap.
import { cluster } from "./cluster.js";
import { ground } from "./ground.js";

const WORDS = { fresh: "lit libre", stale: "à vérifier", full: "complet", unknown: "non renseigné" };
const ORDER = ["fresh", "stale", "unknown", "full"];
const MAX_ZOOM = 17;

export function makeMap(box) {
  const map = L.map(box, { preferCanvas: true, zoomSnap: 0.5, maxZoom: MAX_ZOOM, attributionControl: Boolean(box.dataset.tiles), zoomControl: false, keyboard: false });
  L.control.zoom({ zoomInTitle: "Agrandir", zoomOutTitle: "Réduire" }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  map.attributionControl?.setPrefix(false);
  map.setView([46.6, 2.5], 5.5);
  if (box.dataset.tiles) {
    L.tileLayer(box.dataset.tiles, { attribution: box.dataset.credit, maxZoom: 18 }).addTo(map);
  } else {
    let towns = [];
    const draw = ground(map, () => towns);
    fetch(box.dataset.towns).then((answer) => answer.json()).then((found) => { towns = found; draw(); });
  }
  return map;
}

// Shows points, best first: {lat, lon, rank?, state, name}; pick(point) is told which one a person chose.
export class Points {
  constructor(map, { pick, over = () => {} }) {
    Object.assign(this, { map, pick, over, points: [], pins: [] });
    this.layer = L.layerGroup().addTo(map);
    map.on("zoomend", () => this.draw());
  }

  show(points) {
    this.points = points;
    this.draw();
  }

  draw() {
    this.layer.clearLayers();
    this.pins = [];
    for (const group of cluster(this.points, Math.round(this.map.getZoom()))) {
      const pin = group.points[0].rank || group.points.length > 1 ? this.pin(group) : this.dot(group);
      this.pins.push({ group, pin });
      this.layer.addLayer(pin);
    }
  }

  dot(group) {
    const [point] = group.points;
    const dot = L.circleMarker([group.lat, group.lon], { radius: 6, weight: 2, color: "#5b6b7f", fillColor: "#8fa3bb", fillOpacity: 0.8 });
    dot.bindTooltip(point.name, { direction: "top" });
    dot.on("click", () => this.pick(point));
    return dot;
  }

  pin(group) {
    const { points } = group;
    const alone = points.length === 1;
    const listed = points.filter((point) => point.rank);
    const state = ORDER.find((each) => listed.some((point) => point.state === each)) ?? "unknown";
    const size = alone ? 30 : points.length > 99 ? 42 : 36;
    const icon = L.divIcon({ className: `pin state-${state}${alone ? "" : " group"}`, html: String(alone ? points[0].rank : points.length), iconSize: [size, size] });
    const words = alone ? `${points[0].rank}. ${points[0].name} – ${WORDS[state]}` : `${points.length} unités`;
    const pin = L.marker([group.lat, group.lon], { icon, title: words, keyboard: false, zIndexOffset: alone ? 1000 - points[0].rank : 0 });
    pin.on("click", () => (alone ? this.pick(points[0]) : this.spread(points)));
    pin.on("mouseover", () => this.over(points[0]));
    return pin;
  }

  // Zoom into a group; where all its points are one, the best of them is chosen.
  spread(points) {
    const bounds = L.latLngBounds(points.map((point) => [point.lat, point.lon]));
    if (this.map.getZoom() >= MAX_ZOOM || bounds.getNorthEast().equals(bounds.getSouthWest())) this.pick(points[0]);
    else this.map.fitBounds(bounds.pad(0.2));
  }

  // Mark the pin that holds a point, and take it into view.
  mark(point) {
    for (const { group, pin } of this.pins) {
      const here = group.points.includes(point);
      pin.getElement?.()?.classList.toggle("here", here);
      if (here && !this.map.getBounds().contains(pin.getLatLng())) this.map.panTo(pin.getLatLng());
    }
  }
}

export function fit(map, points, origin, radius) {
  const bounds = L.latLngBounds(points.map((point) => [point.lat, point.lon]));
  if (origin) bounds.extend(origin);
  if (origin && radius) L.circle(origin, { radius, color: "#4b78b5", weight: 2, fill: false, dashArray: "6 6", interactive: false }).addTo(map);
  if (bounds.isValid()) map.fitBounds(bounds.pad(0.12), { maxZoom: 13 });
}
