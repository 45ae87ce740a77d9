// How points look on a canvas: round with the rank, square for several, a dot for what the list does not show.
const FULL = 2 * Math.PI;
const DOT = 6;
const DROP = 11;
const HEAD = 22;
export const TIP = 8; // how far the thin end reaches

// Half the width of what stands for a group, in pixels.
export function half({ points }) {
  if (points.length > 99) return 21;
  if (points.length > 1) return 18;
  return points[0].rank ? 15 : DOT;
}

export function dot(pen, x, y, { back, edge }) {
  pen.beginPath();
  pen.arc(x, y, DOT, 0, FULL);
  paint(pen, back, edge, 2);
}

export function pin(pen, x, y, size, text, { back, text: ink }) {
  pen.beginPath();
  pen.arc(x, y, size - 1, 0, FULL);
  paint(pen, back, ink, 2);
  write(pen, x, y, text, ink);
}

export function group(pen, x, y, size, text, { back, text: ink }) {
  square(pen, x, y, size - 1, 8);
  paint(pen, back, ink, 1.5);
  square(pen, x, y, size - 4, 5);
  pen.stroke();
  write(pen, x, y, text, ink);
}

export function ring(pen, x, y, size, round, colour) {
  pen.beginPath();
  if (round) pen.arc(x, y, size + 2, 0, FULL);
  else pen.roundRect(x - size - 2, y - size - 2, 2 * size + 4, 2 * size + 4, 10);
  pen.lineWidth = 4;
  pen.strokeStyle = colour;
  pen.stroke();
}

// What a drop takes, as something drawn that no name may run under.
export function room({ x, y }) {
  return { x, y: y - HEAD, size: DROP + 1 };
}

// A drop whose point is the place: its head stands clear of what is drawn there.
export function start(pen, { x, y }, { back, text }) {
  pen.beginPath();
  pen.arc(x, y - HEAD, DROP, 0.8 * Math.PI, 0.2 * Math.PI);
  pen.lineTo(x, y);
  pen.closePath();
  paint(pen, back, text, 2);
  pen.beginPath();
  pen.arc(x, y - HEAD, 4, 0, FULL);
  pen.fillStyle = text;
  pen.fill();
}

export function outline(pen, points, colour) {
  pen.beginPath();
  for (const { x, y } of points) pen.lineTo(x, y);
  pen.closePath();
  pen.setLineDash([6, 6]);
  pen.lineWidth = 2;
  pen.strokeStyle = colour;
  pen.stroke();
  pen.setLineDash([]);
}

function square(pen, x, y, size, corner) {
  pen.beginPath();
  pen.roundRect(x - size, y - size, 2 * size, 2 * size, corner);
}

function paint(pen, back, edge, width) {
  pen.fillStyle = back;
  pen.fill();
  pen.lineWidth = width;
  pen.strokeStyle = edge;
  pen.stroke();
}

function write(pen, x, y, text, ink) {
  pen.font = "800 13px system-ui, sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillStyle = ink;
  pen.fillText(text, x, y + 0.5);
  pen.textBaseline = "alphabetic";
}
