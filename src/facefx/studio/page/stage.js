// The picture on the screen: before and after, zoom and pan, and the part under the pointer lit up.

import { $ } from "./dom.js";

const MOST = 16; // times as large as its own pixels
const LARGEST = 1400; // pixels of a preview's sides, beyond which its answers would come too late

export class Stage {
  constructor({ onPart, onZoom, needWindow }) {
    this.canvas = $("view");
    this.pen = this.canvas.getContext("2d");
    this.onPart = onPart; this.onZoom = onZoom; this.needWindow = needWindow;
    this.transparent = false;
    this.before = this.after = this.parts = this.detail = null;
    this.size = { width: 1, height: 1 };
    this.zoom = 1; this.x = this.y = 0; // of the fitted picture; its middle, in screen pixels from the middle
    this.split = null; this.holding = false;
    this.lit = null; this.glow = null;
    this.marks = null; this.middles = []; // what was measured, while it is looked at; where each of several faces is
    this.fingers = new Map();
    this.fit();
    new ResizeObserver(() => { this.fit(); this.draw(); }).observe(this.canvas.parentElement);
    const on = (kind, does, options) => this.canvas.addEventListener(kind, does, options);
    on("pointerdown", (event) => this.down(event));
    on("pointermove", (event) => this.move(event));
    on("pointerup", (event) => this.up(event));
    on("pointercancel", (event) => this.fingers.delete(event.pointerId));
    on("pointerleave", () => { if (!this.chosen) this.light(null); else this.light(this.chosen); });
    on("wheel", (event) => { event.preventDefault(); this.zoomBy(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY); }, { passive: false });
    on("keydown", (event) => this.key(event));
  }

  show(size, before, parts, middles = []) {
    Object.assign(this, { size, before, after: before, middles, detail: null, chosen: null, lit: null, litKey: null, glow: null, marks: null });
    this.parts = parts ? pixels(parts) : null;
    this.reset();
  }

  get seen() {
    const found = new Set();
    if (this.parts) for (let i = 0; i < this.parts.data.length; i += 4) found.add(this.parts.data[i]);
    return found;
  }

  setAfter(image) { this.after = image; this.detail = null; this.draw(); this.askForDetail(); }
  setDetail(image, window, before) { this.detail = { image, window, before }; this.draw(); }
  mark(faces) { this.marks = faces; this.draw(); }
  reset() { this.zoom = 1; this.x = this.y = 0; this.fit(); this.draw(); this.onZoom(this.percent); }

  fit() {
    const box = this.canvas.parentElement.getBoundingClientRect(), ratio = devicePixelRatio || 1;
    this.canvas.width = Math.max(Math.round(box.width * ratio), 1);
    this.canvas.height = Math.max(Math.round(box.height * ratio), 1);
    this.ratio = ratio;
    const margin = Math.min(box.width, box.height) > 500 ? 24 : 8;
    this.fitted = Math.min((box.width - 2 * margin) / this.size.width, (box.height - 2 * margin) / this.size.height);
    this.box = box;
  }

  // Pixels of the screen that a picture can have here, also once the window is as large as it gets.
  get room() {
    const most = (here, screen, window) => Math.round(Math.min((here + Math.max(screen - window, 0)) * this.ratio, LARGEST));
    return { width: most(this.box.width, screen.availWidth, innerWidth), height: most(this.box.height, screen.availHeight, innerHeight) };
  }

  get scale() { return this.fitted * this.zoom; } // screen pixels a pixel of the picture
  get percent() { return Math.round(100 * this.scale * this.ratio); }
  get origin() { // at a whole pixel of the screen: between two of them the picture's own would be blurred
    const whole = (value) => Math.round(value * this.ratio) / this.ratio;
    return { left: whole(this.box.width / 2 + this.x - this.size.width * this.scale / 2), top: whole(this.box.height / 2 + this.y - this.size.height * this.scale / 2) };
  }

  draw() {
    if (!this.frame) this.frame = requestAnimationFrame(() => { this.frame = 0; this.paint(); });
  }

  paint() {
    const { pen, canvas } = this;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    if (!this.before) return;
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    const { left, top } = this.origin, width = this.size.width * this.scale, height = this.size.height * this.scale;
    canvas.dataset.place = [left, top, width, height].join(); // where the picture is, for whoever points at it from outside
    canvas.dataset.lit = this.glow ? this.litKey : "";
    pen.imageSmoothingQuality = "high";
    if (this.transparent) this.checker(left, top, width, height);
    this.paintPicture(this.holding ? this.before : this.after, this.holding ? this.detail?.before : this.detail?.image);
    if (this.split !== null && !this.holding) {
      const line = this.split * this.box.width;
      pen.save();
      pen.beginPath(); pen.rect(0, 0, line, this.box.height); pen.clip();
      if (this.transparent) this.checker(left, top, width, height);
      this.paintPicture(this.before, this.detail?.before);
      pen.restore();
    }
    if (this.holding || this.split !== null) return;
    if (this.glow) pen.drawImage(this.glow, left, top, width, height);
    if (this.glow && this.middles.length > 1) this.paintNumbers();
    if (this.marks) this.paintMarks();
  }

  // The preview, and over it the window that was asked for in the picture's own pixels: only those are ever shown as squares.
  paintPicture(image, part) {
    const { pen } = this, { left, top } = this.origin, own = this.scale * this.ratio < 3;
    pen.imageSmoothingEnabled = own || image.width < this.size.width;
    pen.drawImage(image, left, top, this.size.width * this.scale, this.size.height * this.scale);
    if (!part) return;
    const [x0, y0, x1, y1] = this.detail.window;
    pen.imageSmoothingEnabled = own;
    pen.drawImage(part, left + x0 * this.scale, top + y0 * this.scale, (x1 - x0) * this.scale, (y1 - y0) * this.scale);
  }

  // Which face is which, as "Whose" counts them.
  paintNumbers() {
    const { pen } = this, { left, top } = this.origin;
    pen.font = "600 13px system-ui, sans-serif"; pen.textAlign = "center"; pen.textBaseline = "middle";
    for (const [place, { x, y }] of this.middles.entries()) {
      const across = left + x * this.scale, down = Math.max(top + y * this.scale, 14);
      pen.fillStyle = "#000b"; pen.beginPath(); pen.arc(across, down, 12, 0, 2 * Math.PI); pen.fill();
      pen.fillStyle = "#fff"; pen.fillText(String(place + 1), across, down + 1);
    }
  }

  // Rectangles and a line round each face.
  paintMarks() {
    const { pen } = this, { left, top } = this.origin, across = (x) => left + x * this.scale, down = (y) => top + y * this.scale;
    for (const { boxes, contour } of this.marks) {
      const lines = new Path2D();
      for (const { x0, y0, x1, y1 } of boxes) lines.rect(across(x0), down(y0), (x1 - x0) * this.scale, (y1 - y0) * this.scale);
      for (const [place, [x, y]] of contour.entries()) lines[place ? "lineTo" : "moveTo"](across(x), down(y));
      if (contour.length) lines.closePath();
      for (const [color, width] of [["#000a", 3], ["#fff", 1.25]]) { pen.strokeStyle = color; pen.lineWidth = width; pen.stroke(lines); }
    }
    if (this.middles.length > 1) this.paintNumbers();
  }

  checker(left, top, width, height) {
    if (!this.tiles) {
      const tile = document.createElement("canvas"); tile.width = tile.height = 20;
      const pen = tile.getContext("2d");
      pen.fillStyle = "#fff"; pen.fillRect(0, 0, 20, 20); pen.fillStyle = "#d5d5d5"; pen.fillRect(0, 0, 10, 10); pen.fillRect(10, 10, 10, 10);
      this.tiles = this.pen.createPattern(tile, "repeat");
    }
    this.pen.fillStyle = this.tiles;
    this.pen.fillRect(left, top, width, height);
  }

  // Light up the pixels with certain indices, of one face or of all (face 0).
  light(part) {
    const key = part && `${part.indices}/${part.face}`;
    if (key === this.litKey) return;
    this.litKey = key;
    this.lit = part;
    this.glow = part && part.indices.length && this.parts ? glowOf(this.parts, new Set(part.indices), part.face) : null;
    this.draw();
  }

  choose(part) { this.chosen = part; this.light(part); }

  at(x, y) {
    if (!this.parts) return null;
    const { left, top } = this.origin;
    const column = Math.floor((x - left) / (this.size.width * this.scale) * this.parts.width), row = Math.floor((y - top) / (this.size.height * this.scale) * this.parts.height);
    if (column < 0 || row < 0 || column >= this.parts.width || row >= this.parts.height) return null;
    const place = 4 * (row * this.parts.width + column);
    return { index: this.parts.data[place], face: this.parts.data[place + 1] };
  }

  down(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    this.moved = this.fingers.size > 1 ? 99 : 0;
  }

  move(event) {
    const finger = this.fingers.get(event.pointerId);
    if (!finger) { if (event.pointerType === "mouse") this.onPart(this.at(event.offsetX, event.offsetY), false); return; }
    const dx = event.offsetX - finger.x, dy = event.offsetY - finger.y;
    this.moved += Math.hypot(dx, dy);
    if (this.fingers.size === 2) {
      const [one, other] = [...this.fingers.values()], was = Math.hypot(one.x - other.x, one.y - other.y);
      Object.assign(finger, { x: event.offsetX, y: event.offsetY });
      const now = Math.hypot(one.x - other.x, one.y - other.y);
      if (was > 0) this.zoomBy(now / was, (one.x + other.x) / 2, (one.y + other.y) / 2);
      this.pan(dx / 2, dy / 2);
    } else if (this.moved > 6) {
      Object.assign(finger, { x: event.offsetX, y: event.offsetY });
      if (this.zoom > 1) this.pan(dx, dy);
    }
  }

  up(event) {
    const finger = this.fingers.get(event.pointerId);
    this.fingers.delete(event.pointerId);
    if (finger && this.moved <= 6) this.onPart(this.at(event.offsetX, event.offsetY), true);
  }

  pan(dx, dy) { this.x += dx; this.y += dy; this.hold(); this.draw(); this.askForDetail(); }

  hold() {
    const wide = Math.max(0, (this.size.width * this.scale - this.box.width) / 2 + 40), high = Math.max(0, (this.size.height * this.scale - this.box.height) / 2 + 40);
    this.x = Math.max(-wide, Math.min(wide, this.x)); this.y = Math.max(-high, Math.min(high, this.y));
    if (this.zoom === 1) this.x = this.y = 0;
  }

  zoomBy(factor, x = this.box.width / 2, y = this.box.height / 2) {
    const old = this.zoom, most = Math.max(MOST / this.ratio / this.fitted, 1);
    this.zoom = Math.max(1, Math.min(most, old * factor));
    const grown = this.zoom / old, cx = x - this.box.width / 2, cy = y - this.box.height / 2;
    this.x = cx - (cx - this.x) * grown; this.y = cy - (cy - this.y) * grown;
    this.hold(); this.draw(); this.onZoom(this.percent); this.askForDetail();
  }

  key(event) {
    const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
    if (step && this.zoom > 1) { event.preventDefault(); this.pan(...step); }
  }

  // The preview is as large as a screen: whoever looks closer than that wants the picture's own pixels.
  askForDetail() {
    clearTimeout(this.waiting);
    if (!this.after || this.scale * this.ratio <= 1.05 * this.after.width / this.size.width || this.after.width >= this.size.width) return;
    this.waiting = setTimeout(() => {
      const { left, top } = this.origin, clip = (value, most) => Math.max(0, Math.min(most, Math.round(value)));
      const window = [clip(-left / this.scale - 8, this.size.width), clip(-top / this.scale - 8, this.size.height), clip((this.box.width - left) / this.scale + 8, this.size.width), clip((this.box.height - top) / this.scale + 8, this.size.height)];
      if ((window[2] - window[0]) * (window[3] - window[1]) < 12e6) this.needWindow(window);
    }, 250);
  }
}

function pixels(image) {
  const sheet = document.createElement("canvas");
  sheet.width = image.width; sheet.height = image.height;
  const pen = sheet.getContext("2d", { willReadFrequently: true });
  pen.drawImage(image, 0, 0);
  return pen.getImageData(0, 0, image.width, image.height);
}

// A tint with a bright rim round some parts.
function glowOf(parts, indices, face) {
  const { width, height, data } = parts, sheet = document.createElement("canvas");
  sheet.width = width; sheet.height = height;
  const pen = sheet.getContext("2d"), made = pen.createImageData(width, height), inside = new Uint8Array(width * height);
  for (let i = 0; i < inside.length; i++) inside[i] = indices.has(data[4 * i]) && (!face || data[4 * i] === 0 || data[4 * i + 1] === face) ? 1 : 0;
  const rim = Math.max(1, Math.round(Math.max(width, height) / 700));
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    const i = y * width + x;
    if (!inside[i]) continue;
    const edge = x < rim || y < rim || x >= width - rim || y >= height - rim || !inside[i - rim] || !inside[i + rim] || !inside[i - rim * width] || !inside[i + rim * width];
    made.data.set(edge ? [255, 255, 255, 235] : [255, 86, 150, 44], 4 * i);
  }
  pen.putImageData(made, 0, 0);
  return sheet;
}
