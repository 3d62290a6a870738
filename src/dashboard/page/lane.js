// The events lane with the time axes, and the cursor that reads all charts at one moment.

import { byId, html, keep, place, say, set } from './dom.js';
import { bytes, clock, fixed, known, latency } from './format.js';
import { apart, timeTicks } from './scale.js';

export const GLYPHS = { pressure: '▲', alert: '◆', stall: '■', checkpoint: '|' };
export const glyph = kind => GLYPHS[kind] ?? '●';

const FLAG_PX = 36;
const TICK_PX = 68;

const row = (...cells) => html('div', { class: 'row' }, ...cells);
const percent = part => `${(Math.min(1, Math.max(0, part)) * 100).toFixed(2)}%`;

export class Lane {
  /** `resized` is called when the width of all charts has changed. */
  constructor(resized) {
    this.flags = html('div', { class: 'flags' });
    this.ticks = html('div', { class: 'marks', 'aria-hidden': 'true' });
    this.area = html('div', { class: 'area' }, this.ticks, this.flags, html('i', { class: 'cursor-line', 'aria-hidden': 'true' }));
    this.count = html('span', { class: 'soft' });
    const lane = row(html('div', { class: 'ticks' }, html('span', {}, 'events')), this.area, html('div', { class: 'ends' }, this.count));
    lane.classList.add('lane');
    this.axes = [html('div', { class: 'times', 'aria-hidden': 'true' }), html('div', { class: 'times', 'aria-hidden': 'true' })];
    byId('lane').append(lane, row(html('span'), this.axes[0], html('span')));
    this.width = 600;
    new ResizeObserver(() => {
      this.width = this.area.clientWidth || this.width;
      resized();
    }).observe(this.area);
    byId('axis').append(row(html('span'), this.axes[1], html('span')));
  }

  draw(model, marks) {
    const { width } = this;
    this.drawAxes(model.until, width);
    this.drawTicks(model, marks);
    this.drawFlags(model, marks.filter(mark => mark.letter && mark.of === undefined), width);
    const points = marks.filter(mark => mark.kind === 'checkpoint');
    const count = model.now.checkpoint?.count ?? (points.length || undefined);
    say(this.count, known(count) ? `checkpoints ${fixed(count)}` : '');
  }

  drawAxes(until, width) {
    const ticks = timeTicks(until, Math.max(2, Math.floor(width / TICK_PX)));
    for (const axis of this.axes) {
      keep(axis, ticks, t => t, () => html('span'), (node, t) => {
        say(node, clock(t));
        place(node, { left: percent(t / until) });
      });
    }
  }

  /** Ticks for checkpoints, blocks for spans of pressure. */
  drawTicks(model, marks) {
    const shown = marks.filter(mark => !mark.count && (mark.kind === 'checkpoint' || (mark.kind === 'pressure' && mark.of === undefined)));
    keep(this.ticks, shown, mark => mark.seq, mark => html('i', { class: mark.kind }), (node, mark) => {
      place(node, { left: percent(mark.t / model.until) });
      if (mark.kind === 'pressure') place(node, { right: percent(1 - (mark.end ?? model.until) / model.until) });
    });
  }

  /** Flags that link to the list; when there are too many for the width, the newest stay. */
  drawFlags(model, marks, width) {
    const room = Math.max(1, Math.floor(width / FLAG_PX));
    const shown = marks.slice(-room);
    const places = apart(shown.map(mark => mark.t / model.until * width), FLAG_PX, width - FLAG_PX / 2);
    keep(this.flags, shown, mark => mark.seq, () => html('a'), (node, mark, index) => {
      set(node, 'href', `#mark-${mark.seq}`);
      say(node, `${glyph(mark.kind)} ${mark.letter}`);
      set(node, 'aria-label', `${mark.kind} ${mark.letter} at ${clock(mark.t)}`);
      place(node, { left: `${Math.max(FLAG_PX / 2, places[index]).toFixed(1)}px` });
    });
  }
}

/** What a moment says, for the eye and for `aria-valuetext`. */
const READINGS = [
  ['read', 'read', value => `${bytes(value)}/s`],
  ['written', 'written', value => `${bytes(value)}/s`],
  ['memory', 'resident', bytes],
  ['p50', 'p50_us', latency],
  ['p99', 'p99_us', latency],
  ['max', 'max_us', latency],
  ['converting', 'converting', value => fixed(value, Number.isInteger(value) ? 0 : 1)],
  ['held back', 'held_back', value => fixed(value, Number.isInteger(value) ? 0 : 1)],
];

export class Cursor {
  constructor(model, moved) {
    this.model = model;
    this.moved = moved;
    this.t = null; // null follows the run
    this.hover = null;
    this.input = byId('cursor');
    this.input.addEventListener('input', () => this.pin(Number(this.input.value)));
    // A slider that moves under the fingers would also be read aloud at each step: it stands while it has the focus.
    this.input.addEventListener('focus', () => this.pin(this.t ?? Number(this.input.value)));
    this.input.addEventListener('blur', () => this.pin(this.t));
    this.followPointer(byId('charts'));
  }

  clear() {
    this.t = null;
    this.hover = null;
  }

  pin(t) {
    const atEnd = t !== null && t >= Number(this.input.max) - this.model.series.step_s / 2;
    this.t = atEnd && document.activeElement !== this.input ? null : t;
    this.moved();
  }

  followPointer(charts) {
    const timeAt = event => {
      const area = event.target.closest?.('.area');
      if (!area) return null;
      const box = area.getBoundingClientRect();
      return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * this.model.until;
    };
    const hoverAt = t => {
      if (t === this.hover) return;
      this.hover = t;
      this.moved();
    };
    charts.addEventListener('pointermove', event => event.pointerType === 'mouse' && hoverAt(timeAt(event)));
    charts.addEventListener('pointerleave', () => hoverAt(null));
    charts.addEventListener('click', event => {
      const t = timeAt(event);
      if (t !== null && !event.target.closest('a')) this.pin(this.t === null ? t : null); // a second click follows again
    });
  }

  draw() {
    const { model, input } = this;
    const until = model.until;
    set(input, 'step', model.series.step_s);
    set(input, 'max', Math.max(1, until));
    if (this.t === null) input.value = until;
    else if (document.activeElement !== input) input.value = Math.min(this.t, until);
    const t = Math.min(this.hover ?? this.t ?? until, until);
    document.documentElement.style.setProperty('--cursor', (t / until).toFixed(4));
    document.documentElement.classList.toggle('pinned', this.hover !== null || this.t !== null);
    this.read(t);
  }

  read(t) {
    const values = this.valuesAt(t);
    const following = this.t === null && this.hover === null;
    const when = following ? (this.model.end ? 'at the end' : 'now') : `at ${clock(t)}`;
    keep(byId('reading'), values.length ? [['when', when], ...values] : [], ([name]) => name, () => html('span'), (node, [name, text]) => {
      say(node, name === 'when' ? text : `${name} ${text}`);
    });
    if (this.hover === null) set(this.input, 'aria-valuetext', [when, ...values.map(([name, text]) => `${name} ${text}`)].join(', '));
  }

  valuesAt(t) {
    const times = this.model.times();
    let index = times.findIndex((_, i) => i === times.length - 1 || (times[i] + times[i + 1]) / 2 >= t);
    if (index < 0) index = times.length - 1;
    return READINGS.map(([name, column, text]) => [name, this.valueAt(column, index), text])
      .filter(([, value]) => known(value))
      .map(([name, value, text]) => [name, text(value)]);
  }

  valueAt(column, index) {
    const values = column === 'resident' ? this.model.residents() : this.model.values(column);
    return values?.[index];
  }
}

