// What lies under the points where no tiles are configured: a grid of degrees and the names of towns, on one canvas.
import { project } from "./cluster.js";

const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20];
const LINES = 5;
const TOWN_CELL_X = 110;
const TOWN_CELL_Y = 46;
const ROWS = 2 ** 22;
const BASELINES = [15, -7, 33, -25]; // where a name may be written, in pixels below its town
const HIGH = 8;

// Paints under the points; what the towns are called is told later, which changes the picture.
export class Ground {
  constructor(map, colours) {
    Object.assign(this, { map, colours, towns: [], named: new Map() });
  }

  tell(towns) {
    this.towns = towns;
    this.named.clear();
  }

  // taken: [{x, y, size}], what will be drawn over it and must not hide half a name.
  paint(pen, bounds, taken) {
    const zoom = this.map.getZoom();
    if (!this.named.has(zoom)) this.named.set(zoom, chosen(this.towns, zoom));
    lines(this.map, pen, bounds, this.colours.of("mapline").edge);
    names(this.map, pen, bounds, this.named.get(zoom), taken, this.colours.of("mapline").text);
  }
}

function lines(map, pen, bounds, colour) {
  const west = map.layerPointToLatLng(bounds.min), east = map.layerPointToLatLng(bounds.max);
  const step = STEPS.find((each) => each >= (east.lng - west.lng) / LINES) ?? 45;
  pen.strokeStyle = colour;
  pen.lineWidth = 1;
  pen.beginPath();
  for (let lon = Math.ceil(west.lng / step) * step; lon < east.lng; lon += step) {
    const x = map.latLngToLayerPoint([west.lat, lon]).x + 0.5;
    pen.moveTo(x, bounds.min.y);
    pen.lineTo(x, bounds.max.y);
  }
  for (let lat = Math.ceil(east.lat / step) * step; lat < west.lat; lat += step) {
    const y = map.latLngToLayerPoint([lat, west.lng]).y + 0.5;
    pen.moveTo(bounds.min.x, y);
    pen.lineTo(bounds.max.x, y);
  }
  pen.stroke();
}

// The towns written at a zoom level, wherever one looks: the most populous to claim a cell and those around it.
function chosen(towns, zoom) {
  const taken = new Set();
  return towns.flatMap(([name, lat, lon]) => {
    const [x, y] = project(lat, lon, zoom);
    const column = Math.floor(x / TOWN_CELL_X), row = Math.floor(y / TOWN_CELL_Y);
    const near = [-1, 0, 1].some((dx) => [-1, 0, 1].some((dy) => taken.has((column + dx) * ROWS + row + dy)));
    if (near) return [];
    taken.add(column * ROWS + row);
    return [{ name, x, y }];
  });
}

function names(map, pen, bounds, towns, taken, colour) {
  const origin = map.getPixelOrigin();
  pen.fillStyle = colour;
  pen.font = "12px system-ui, sans-serif";
  pen.textAlign = "center";
  for (const town of towns) {
    const x = Math.round(town.x - origin.x), y = Math.round(town.y - origin.y);
    if (x < bounds.min.x - TOWN_CELL_X || x > bounds.max.x + TOWN_CELL_X || y < bounds.min.y - TOWN_CELL_Y || y > bounds.max.y + TOWN_CELL_Y) continue;
    const half = pen.measureText(town.name).width / 2;
    const line = BASELINES.find((each) => !taken.some((one) => covers(one, x, y + each - HIGH / 2, half)));
    if (line === undefined) continue;
    if (!taken.some((one) => covers(one, x, y, 2))) pen.fillRect(x - 1.5, y - 1.5, 3, 3);
    pen.fillText(town.name, x, y + line);
  }
}

// Whether something drawn hides a part of a text.
function covers({ x, y, size }, middle, height, half) {
  return Math.abs(x - middle) < size + half && Math.abs(y - height) < size + HIGH;
}
