// One drawing of a chart: a stretched SVG for curves, and HTML over and beside it for text, which must not be stretched.

import { html, svg, stretched, keep, place, say, set, show } from './dom.js';
import { W, H, apart } from './scale.js';

const LABEL_GAP = 14;
const LETTER_PX = 6.5;
const NOTE_PX = 16; // what a note needs above its place

export class Plot {
  /** `layers` are pairs of a class and whether the shape is hatched, from back to front. */
  constructor(figure, height, layers) {
    this.figure = figure;
    this.name = figure.id;
    this.caption = figure.querySelector('figcaption span');
    this.shapes = new Map();
    this.svg = stretched(W, H);
    this.svg.removeAttribute('aria-hidden');
    set(this.svg, 'role', 'img');
    this.svg.append(this.hatch());
    for (const name of ['pressed', 'raised', 'stalled', 'grid', ...layers]) this.addShape(name);
    this.left = html('div', { class: 'ticks', 'aria-hidden': 'true' });
    this.over = html('div', { class: 'over', 'aria-hidden': 'true' });
    this.area = html('div', { class: 'area' }, this.svg, this.over, html('i', { class: 'cursor-line', 'aria-hidden': 'true' }));
    this.right = html('div', { class: 'ends' });
    this.row = html('div', { class: 'row' }, this.left, this.area, this.right);
    place(this.row, { height: `${height}px` });
    this.height = height;
    figure.append(this.row);
    this.noted = [];
    new ResizeObserver(() => this.resize()).observe(this.area);
  }

  hatch() {
    this.pattern = svg('pattern', { id: `hatch-${this.name}`, width: 6, height: 6, patternUnits: 'userSpaceOnUse' },
      svg('path', { d: 'M-1 7L7 -1', class: 'hatch-line' }));
    return svg('defs', {}, this.pattern);
  }

  /** The pattern is stretched with the drawing, so it is shrunk by as much; notes need to fit anew. */
  resize() {
    const { width, height } = this.area.getBoundingClientRect();
    this.width = width;
    if (width && height) set(this.pattern, 'patternTransform', `scale(${W / width} ${H / height})`);
    this.notes(this.noted);
  }

  addShape(name) {
    const hatched = name.startsWith('hatched');
    const shape = svg('path', { class: name, fill: hatched ? `url(#hatch-${this.name})` : undefined });
    this.shapes.set(name, shape);
    this.svg.append(shape);
  }

  draw(name, path) {
    set(this.shapes.get(name), 'd', path);
  }

  /** A chart of which nothing is known is left out. */
  show(visible) {
    show(this.figure, visible);
    return visible;
  }

  /** Lines and labels of the vertical axis; `text` names a value. */
  axis(scale, text) {
    this.draw('grid', scale.ticks.map(value => `M0 ${scale.y(value).toFixed(2)}H${W}`).join(''));
    keep(this.left, scale.ticks, value => value, () => html('span'), (node, value) => {
      say(node, text(value));
      place(node, { top: `${scale.y(value).toFixed(2)}%` });
    });
  }

  /** Marks run through all charts: spans of pressure, lines for alerts and stalls. */
  marks(marks, x) {
    const lines = kind => marks.filter(mark => mark.kind === kind).map(mark => `M${x(mark.t)} 0V${H}`).join('');
    this.draw('pressed', marks.filter(mark => mark.kind === 'pressure' && mark.of === undefined && !mark.count)
      .map(mark => `M${x(mark.t)} 0H${x(mark.end ?? Infinity)}V${H}H${x(mark.t)}Z`).join(''));
    this.draw('raised', lines('alert'));
    this.draw('stalled', lines('stall'));
  }

  /** Labels beside the lines' ends: `{ name, value, y, tone }`, y in percent of the height. */
  ends(labels) {
    const shown = labels.filter(label => Number.isFinite(label.y));
    const tops = apart(shown.map(label => Math.min(this.height, label.y / H * this.height)), LABEL_GAP, this.height);
    keep(this.right, shown, label => label.name, () => html('span', {}, html('b'), html('span')), (node, label, index) => {
      node.className = label.tone;
      say(node.firstChild, label.name);
      say(node.lastChild, ` ${label.value}`);
      place(node, { top: `${tops[index].toFixed(1)}px` });
    });
  }

  /** Words and dots on the drawing: `{ name, text, brief, x, y, dot }`, x and y as in the drawing. */
  notes(notes) {
    this.noted = notes;
    keep(this.over, notes, note => note.name, () => html('div', {}, html('i'), html('span')), (node, note) => {
      const { side, text } = this.fit(note);
      say(node.lastChild, text);
      node.className = `note ${side} ${note.dot ? 'dotted' : ''}`;
      const highest = NOTE_PX / this.height * H;
      place(node, { left: `${(note.x / W * 100).toFixed(2)}%`, top: `${Math.max(highest, note.y).toFixed(2)}%` });
    });
  }

  /** The side with room for the words; with no such side a few words have to do. */
  fit({ text, brief, x }) {
    const width = this.width || 600;
    const after = width * (1 - x / W);
    const need = text.length * LETTER_PX;
    if (after > need) return { side: 'after', text };
    if (width - after > need) return { side: 'before', text };
    return { side: x < W / 2 ? 'after' : 'before', text: brief };
  }

  describe(text) {
    set(this.svg, 'aria-label', text);
  }
}
