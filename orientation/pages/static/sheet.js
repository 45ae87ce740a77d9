// A canvas as large as the map, painted when the map rests; while it moves or zooms the browser moves or scales the
// canvas whole. Leaflet's Renderer does the moving: nothing of what is painted is an element of the page.
const { prototype: base } = L.Renderer;

export const Sheet = L.Renderer.extend({
  // paint(pen, bounds) draws in layer points, inside the bounds.
  initialize(paint, options) {
    base.initialize.call(this, options);
    this.paint = paint;
  },

  _initContainer() {
    this._container = L.DomUtil.create("canvas", "sheet");
    this._container.setAttribute("aria-hidden", "true");
  },

  _destroyContainer() {
    cancelAnimationFrame(this.asked);
    this._container.remove();
    delete this._container;
  },

  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    base._update.call(this);
    this.draw();
  },

  draw() {
    const canvas = this._container, { min } = this._bounds, size = this._bounds.getSize(), ratio = devicePixelRatio || 1;
    this.asked = 0;
    L.DomUtil.setPosition(canvas, min);
    const width = Math.round(size.x * ratio), height = Math.round(size.y * ratio);
    if (canvas.width !== width || canvas.height !== height) {
      Object.assign(canvas, { width, height });
      Object.assign(canvas.style, { width: `${size.x}px`, height: `${size.y}px` });
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.setTransform(ratio, 0, 0, ratio, -min.x * ratio, -min.y * ratio);
    this.paint(pen, this._bounds);
  },

  // Paint again, once however often it is asked before the next frame; a zoom that runs paints at its end.
  again() {
    if (!this.asked) this.asked = requestAnimationFrame(() => { this.asked = 0; if (this._map && !this._map._animatingZoom) this.draw(); });
  },
});

// What the sheet of style says of colours, here and now: canvases know nothing of light-dark(). Read once a theme.
export class Colours {
  constructor(box, changed) {
    this.box = box;
    this.known = new Map();
    const again = () => { this.known.clear(); changed(); };
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
    new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  // The colours of an element of a class: {text, back, edge}.
  of(name) {
    if (!this.known.has(name)) {
      const probe = this.box.appendChild(Object.assign(document.createElement("i"), { className: name, hidden: true }));
      const { color, backgroundColor, borderTopColor } = getComputedStyle(probe);
      this.known.set(name, { text: color, back: backgroundColor, edge: borderTopColor });
      probe.remove();
    }
    return this.known.get(name);
  }
}
