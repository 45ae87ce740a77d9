// Points that would overlap become one: a grid of cells on the map plane of a zoom level. Pure, so it is measured apart.
const CELL = 44;
const TILE = 256;

export function project(lat, lon, zoom) {
  const scale = TILE * 2 ** zoom;
  const sin = Math.min(0.9999, Math.max(-0.9999, Math.sin((lat * Math.PI) / 180)));
  return [scale * (lon / 360 + 0.5), scale * (0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI))];
}

// points: [{lat, lon, …}] best first → [{lat, lon, points}], each at its best point and no two nearer than a cell.
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
    const key = `${column}:${row}`;
    if (cells.has(key)) cells.get(key).push(made);
    else cells.set(key, [made]);
  }
  return groups;
}

function near(cells, column, row, x, y) {
  for (let dx = -1; dx <= 1; dx += 1) {
    for (let dy = -1; dy <= 1; dy += 1) {
      const found = cells.get(`${column + dx}:${row + dy}`)?.find((group) => Math.hypot(group.x - x, group.y - y) < CELL);
      if (found) return found;
    }
  }
  return undefined;
}
