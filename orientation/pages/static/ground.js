// What lies under the points where no tiles are configured: a grid of degrees and the names of towns, on one canvas.
const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20];
const MIN_LINE = 90;
const TOWN_CELL_X = 110;
const TOWN_CELL_Y = 46;

export function ground(map, towns) {
  const canvas = L.DomUtil.create("canvas", "ground leaflet-zoom-hide", map.getPane("tilePane"));
  const draw = () => paint(map, canvas, towns());
  map.on("moveend zoomend resize viewreset", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  draw();
  return draw;
}

function paint(map, canvas, towns) {
  const size = map.getSize();
  const ratio = devicePixelRatio || 1;
  canvas.width = size.x * ratio;
  canvas.height = size.y * ratio;
  canvas.style.width = `${size.x}px`;
  canvas.style.height = `${size.y}px`;
  L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([0, 0]));
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  const style = getComputedStyle(map.getContainer());
  lines(map, pen, size, style.getPropertyValue("--line") || "#bbb");
  names(map, pen, size, towns, style.color);
}

function lines(map, pen, size, colour) {
  const bounds = map.getBounds();
  const degrees = (bounds.getEast() - bounds.getWest()) * (MIN_LINE / size.x);
  const step = STEPS.find((each) => each >= degrees) ?? 45;
  pen.strokeStyle = resolved(map, colour);
  pen.lineWidth = 1;
  pen.beginPath();
  for (let lon = Math.ceil(bounds.getWest() / step) * step; lon < bounds.getEast(); lon += step) {
    const x = Math.round(map.latLngToContainerPoint([bounds.getCenter().lat, lon]).x) + 0.5;
    pen.moveTo(x, 0);
    pen.lineTo(x, size.y);
  }
  for (let lat = Math.ceil(bounds.getSouth() / step) * step; lat < bounds.getNorth(); lat += step) {
    const y = Math.round(map.latLngToContainerPoint([lat, bounds.getCenter().lng]).y) + 0.5;
    pen.moveTo(0, y);
    pen.lineTo(size.x, y);
  }
  pen.stroke();
}

// A colour that may be light-dark(): what it is here and now.
function resolved(map, colour) {
  const probe = map.getContainer();
  const before = probe.style.borderTopColor;
  probe.style.borderTopColor = colour;
  const found = getComputedStyle(probe).borderTopColor;
  probe.style.borderTopColor = before;
  return found;
}

// Towns come most populous first: the first one to claim a cell is written.
function names(map, pen, size, towns, colour) {
  const taken = new Set();
  const bounds = map.getBounds().pad(0.05);
  pen.fillStyle = colour;
  pen.globalAlpha = 0.75;
  pen.font = "12px system-ui, sans-serif";
  pen.textAlign = "center";
  for (const [name, lat, lon] of towns) {
    if (!bounds.contains([lat, lon])) continue;
    const { x, y } = map.latLngToContainerPoint([lat, lon]);
    const column = Math.floor(x / TOWN_CELL_X), row = Math.floor(y / TOWN_CELL_Y);
    const near = [-1, 0, 1].some((dx) => [-1, 0, 1].some((dy) => taken.has(`${column + dx}:${row + dy}`)));
    if (near) continue;
    taken.add(`${column}:${row}`);
    pen.fillRect(x - 1.5, y - 1.5, 3, 3);
    pen.fillText(name, x, y + 15, TOWN_CELL_X * 1.6);
  }
  pen.globalAlpha = 1;
}
