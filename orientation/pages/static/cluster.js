// Points that would overlap become one: a grid of cells on the map plane of a zoom level. Pure, so it is measured apart.
const CELL = 44;
const TILE = 256;

export function project(lat, lon, zoom) {
  const scale = TILE * 2 ** zoom;
  const sin = Math.min(0.9999, Math.max(-0.9999, Math.sin((lat * Math.PI) / 180)));
  return [scale * (lon / 360 + 0.5), scale * (0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI))];
}

// points: [{lat, lon, …}] best first → [{lat, lon, points}], each at its best point.
export function cluster(points, zoom) {
  const cells = new Map();
  for (const point of points) {
    const [x, y] = project(point.lat, point.lon, zoom);
    const key = `${Math.floor(x / CELL)}:${Math.floor(y / CELL)}`;
    const cell = cells.get(key);
    if (cell) cell.points.push(point);
    else cells.set(key, { lat: point.lat, lon: point.lon, points: [point] });
  }
  return [...cells.values()];
}
