// The map: listed results as numbered pins, all the others as dots, groups where they would overlap, all on one canvas.
import { Levels } from "./cluster.js";
import { Ground } from "./ground.js";
import * as draw from "./pins.js";
import { Colours, Sheet } from "./sheet.js";

const WORDS = { fresh: "lit libre", stale: "à vérifier", full: "complet", unknown: "non renseigné" };
const ORDER = ["fresh", "stale", "unknown", "full"];
const MAX_ZOOM = 17;
const SNAP = 0.5;
const NEAR = [SNAP, -SNAP, 2 * SNAP, -2 * SNAP, 3 * SNAP, -3 * SNAP];
const FINGER = 6;
const EARTH = 6371009;
const CORNERS = 120;

export function makeMap(box) {
  const map = L.map(box, { zoomSnap: SNAP, maxZoom: MAX_ZOOM, attributionControl: Boolean(box.dataset.tiles), zoomControl: false, keyboard: false });
  L.control.zoom({ zoomInTitle: "Agrandir", zoomOutTitle: "Réduire" }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  map.attributionControl?.setPrefix(false);
  map.setView([46.6, 2.5], 5.5);
  if (box.dataset.tiles) L.tileLayer(box.dataset.tiles, { attribution: box.dataset.credit, maxZoom: 18 }).addTo(map);
  return map;
}

// Shows points, best first: {lat, lon, rank?, state, name}; pick(point) is told which one a person chose.
export class Points {
  constructor(map, { pick, over = () => {} }) {
    Object.assign(this, { map, pick, over, points: [], drawn: [], levels: new Levels([]), circle: [] });
    this.sheet = new Sheet((pen, bounds) => this.paint(pen, bounds));
    this.colours = new Colours(map.getContainer(), () => this.sheet.again());
    this.ground = this.towns(map.getContainer().dataset);
    this.tip = L.tooltip({ direction: "top", opacity: 1 });
    this.sheet.addTo(map);
    map.on("click", (event) => this.chosen(this.under(event.layerPoint)));
    map.on("mousemove", (event) => this.hover(this.under(event.layerPoint)));
    map.on("mouseout zoomstart", () => this.hover(undefined));
  }

  // Without tiles something of our own lies under the points; the names of its towns come when they come.
  towns({ tiles, towns }) {
    if (tiles) return undefined;
    const ground = new Ground(this.map, this.colours);
    fetch(towns).then((answer) => answer.json()).then((found) => { ground.tell(found); this.sheet.again(); });
    return ground;
  }

  show(points) {
    this.points = points;
    this.levels = new Levels(points);
    this.sheet.again();
  }

  // Where the question is asked from, [lat, lon], and how far it looks, in metres (0: not said).
  from(origin, radius) {
    this.origin = origin;
    this.circle = radius ? circle(origin, radius) : [];
    this.sheet.again();
  }

  // Only what is in view is drawn, the best on top; every position comes from the level, made once.
  paint(pen, bounds) {
    const zoom = this.map.getZoom(), { x: left, y: top } = this.map.getPixelOrigin();
    const inside = ({ x, y, size }) => x + size >= bounds.min.x && x - size <= bounds.max.x && y + size >= bounds.min.y && y - size <= bounds.max.y;
    this.drawn = this.levels.at(zoom).map((group) => ({ group, x: group.x - left, y: group.y - top, size: draw.half(group) })).filter(inside);
    this.levels.prepare(NEAR.map((each) => zoom + each).filter((each) => each >= 0 && each <= MAX_ZOOM));
    const start = this.origin && this.stand();
    this.ground?.paint(pen, bounds, start ? [...this.drawn, draw.room(start)] : this.drawn);
    if (this.circle.length) draw.outline(pen, this.circle.map((each) => this.map.latLngToLayerPoint(each)), this.colours.of("mapstart").edge);
    for (let n = this.drawn.length - 1; n >= 0; n -= 1) this.one(pen, this.drawn[n]);
    if (start) draw.start(pen, start, this.colours.of("mapstart"));
  }

  // Where the drop stands: on its place, or on top of what is drawn there.
  stand() {
    const { x, y } = this.map.latLngToLayerPoint(this.origin);
    const below = this.drawn.filter((each) => Math.abs(each.x - x) < each.size && Math.abs(each.y - y) < each.size + draw.TIP);
    return { x, y: Math.min(y, ...below.map((each) => each.y - each.size)) };
  }

  one(pen, { group, x, y, size }) {
    const { points } = group;
    const alone = points.length === 1;
    if (points.includes(this.here)) draw.ring(pen, x, y, size, alone, this.colours.of("maphere").edge);
    if (alone && !points[0].rank) draw.dot(pen, x, y, this.colours.of("mapdot"));
    else (alone ? draw.pin : draw.group)(pen, x, y, size, String(alone ? points[0].rank : points.length), this.colours.of(`state-${state(points)}`));
  }

  // What is drawn at a place or a finger's breadth from it: the nearest, and the best of those as near.
  under({ x, y }) {
    const away = (each) => Math.hypot(each.x - x, each.y - y) - each.size;
    const near = this.drawn.filter((each) => away(each) <= FINGER);
    return near.sort((one, other) => away(one) - away(other))[0];
  }

  hover(found) {
    if (found?.group === this.hovered) return;
    this.hovered = found?.group;
    this.map.getContainer().classList.toggle("pointing", Boolean(found));
    if (!found) return this.map.closeTooltip(this.tip);
    const { lat, lon, points } = found.group;
    this.tip.options.offset = [0, -found.size];
    this.tip.setLatLng([lat, lon]).setContent(Object.assign(document.createElement("span"), { textContent: words(points) }));
    this.map.openTooltip(this.tip);
    this.over(points[0]);
  }

  chosen(found) {
    if (found?.group.points.length === 1) this.pick(found.group.points[0]);
    else if (found) this.spread(found.group.points);
  }

  // Zoom into a group; where all its points are one, the best of them is chosen.
  spread(points) {
    const bounds = L.latLngBounds(points.map((point) => [point.lat, point.lon]));
    if (this.map.getZoom() >= MAX_ZOOM || bounds.getNorthEast().equals(bounds.getSouthWest())) this.pick(points[0]);
    else this.map.fitBounds(bounds.pad(0.2));
  }

  // Mark what holds a point, and take it into view.
  mark(point) {
    if (point === this.here) return;
    this.here = point;
    this.sheet.again();
    if (!this.map.getBounds().contains([point.lat, point.lon])) this.map.panTo([point.lat, point.lon]);
  }

  // What is drawn, the best first, and where in the box of the map: for whoever must check a canvas.
  told() {
    return this.drawn.map(({ group: { points }, x, y }) => ({
      ...this.map.layerPointToContainerPoint([x, y]), count: points.length, rank: points[0].rank ?? null, state: state(points), here: points.includes(this.here), words: words(points),
    }));
  }
}

function state(points) {
  const listed = points.filter((point) => point.rank);
  return ORDER.find((each) => listed.some((point) => point.state === each)) ?? "unknown";
}

function words(points) {
  const [{ rank, name, state: one }] = points;
  if (points.length > 1) return `${points.length} unités`;
  return rank ? `${rank}. ${name} – ${WORDS[one]}` : name;
}

// The points as far as that from an origin, on the sphere.
function circle([lat, lon], radius) {
  const rad = Math.PI / 180, away = radius / EARTH, sin = Math.sin(lat * rad), cos = Math.cos(lat * rad);
  return Array.from({ length: CORNERS }, (_, n) => {
    const bearing = (n / CORNERS) * 2 * Math.PI;
    const there = Math.asin(sin * Math.cos(away) + cos * Math.sin(away) * Math.cos(bearing));
    const turn = Math.atan2(Math.sin(bearing) * Math.sin(away) * cos, Math.cos(away) - sin * Math.sin(there));
    return [there / rad, lon + turn / rad];
  });
}

export function fit(map, points, origin) {
  const bounds = L.latLngBounds(points.map((point) => [point.lat, point.lon]));
  if (origin) bounds.extend(origin);
  // Without tiles a place is told by the towns around it.
  const maxZoom = map.getContainer().dataset.tiles ? 14 : 12;
  if (bounds.isValid()) map.fitBounds(bounds.pad(0.12), { maxZoom });
}
