// Points that would overlap become one: a grid of cells on the map plane of a zoom level. Pure, so it is measured apart.
const CELL = 44;
const TILE = 256;
const ROWS = 2 ** 22; // more rows than any zoom level has cells, so that a column and a row make one number

// Where a point lies on the map plane of a zoom level, in pixels from the north-west corner of the world.
export function project(lat, lon, zoom) {
  const scale = TILE * 2 ** zoom;
  const sin = Math.min(0.9999, Math.max(-0.9999, Math.sin((lat * Math.PI) / 180)));
  return [scale * (lon / 360 + 0.5), scale * (0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI))];
}

// points: [{lat, lon, …}] best first → [{x, y, lat, lon, points}], each at its best point and no two nearer than a cell.
export function cluster(points, zoom) {
  const cells = new Map();
  const groups = [];
  for (const point of points) {
    const [x, y] = project(point.lat, point.lon, zoom);
    const column = Math.floor(x / CELL), row = Math.floor(y / CELL);
    const group = near(cells, column, row, x, y);
    if (group) {
      group.points.push(point);
      continue;
    }
    const made = { x, y, lat: point.lat, lon: point.lon, points: [point] };
    groups.push(made);
    const key = column * ROWS + row;
    if (cells.has(key)) cells.get(key).push(made);
    else cells.set(key, [made]);
  }
  return groups;
}

function near(cells, column, row, x, y) {
  for (let dx = -1; dx <= 1; dx += 1) {
    for (let dy = -1; dy <= 1; dy += 1) {
      const found = cells.get((column + dx) * ROWS + row + dy)?.find((group) => Math.hypot(group.x - x, group.y - y) < CELL);
      if (found) return found;
    }
  }
  return undefined;
}

// The groups of each zoom level, made once: before they are needed where there is time, so that no zooming waits for them.
export class Levels {
  constructor(points) {
    this.points = points;
    this.made = new Map();
  }

  at(zoom) {
    if (!this.made.has(zoom)) this.made.set(zoom, cluster(this.points, zoom));
    return this.made.get(zoom);
  }

  // Make the levels around one, when the browser has nothing else to do.
  prepare(zooms) {
    const wanted = zooms.find((zoom) => !this.made.has(zoom));
    if (wanted === undefined) return;
    (window.requestIdleCallback ?? setTimeout)(() => { this.at(wanted); this.prepare(zooms); });
  }
}
