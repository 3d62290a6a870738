// The four charts: throughput, memory, latency and workers. They share the time axis and the marks.

import { byId, say } from './dom.js';
import { KINDS, STATES } from './model.js';
import { bytes, clock, decade, fixed, known, latency, plain, seconds, short, tenths, unitFor } from './format.js';
import { W, areaPath, linear, linePath, logarithmic, most, stack } from './scale.js';
import { Plot } from './plot.js';

const KIND_NAMES = {
  code_stacks: 'code, stacks', heap_other: 'heap, other', buffers: 'buffers',
  arenas: 'arenas', codec: 'codec', mapped: 'mapped pages',
};
const STATE_NAMES = {
  converting: 'converting', waiting_target: 'wait for target', waiting_input: 'wait for input', held_back: 'held back',
};

export { KIND_NAMES, STATE_NAMES };

const last = column => column?.findLast(known);
const mean = column => {
  const values = (column ?? []).filter(known);
  return values.length ? values.reduce((a, b) => a + b, 0) / values.length : undefined;
};
const least = column => Math.min(...(column ?? []).filter(known));

/** The place and size of the largest value of a column. */
function peak(column, times) {
  const value = most(column);
  return { value, t: times[column?.indexOf(value) ?? -1] };
}

export class Charts {
  constructor() {
    this.throughput = new Plot(byId('throughput'), 150, ['band written', 'band read', 'line written', 'line read']);
    this.memory = new Plot(byId('memory'), 210, [
      ...KINDS.map(kind => `kind ${kind}`), 'hatched kinds', 'line between', 'line resident', 'line ceiling', 'line threshold']);
    this.latency = new Plot(byId('latency'), 140, ['line max', 'line p99', 'line p50']);
    this.workers = new Plot(byId('workers'), 96, [
      ...STATES.map(state => `state ${state}`), 'hatched states', 'line parts', 'line busy']);
    this.plots = [this.throughput, this.memory, this.latency, this.workers];
  }

  draw(model, marks) {
    const times = model.times();
    const x = t => Math.round(Math.min(1, Math.max(0, t / model.until)) * W * 10) / 10;
    const view = { model, times, xs: times.map(x), x, step: seconds(model.series.step_s) };
    for (const plot of this.plots) plot.marks(marks, x);
    this.drawThroughput(view);
    this.drawMemory(view);
    this.drawLatency(view);
    this.drawWorkers(view);
  }

  drawThroughput({ model, xs, step }) {
    const plot = this.throughput;
    const read = model.values('read');
    const written = model.values('written');
    if (!plot.show(Boolean(read || written))) return;
    const top = most(read, written, model.values('read_max'), model.values('written_max'));
    const unit = unitFor(top, 'B/s');
    const scale = linear(top / unit.size);
    const y = value => scale.y(value / unit.size);
    say(plot.caption, `${unit.name}; line: mean of ${step}; band: least to most`);
    plot.axis(scale, plain);
    for (const [name, column] of [['read', read], ['written', written]]) {
      const low = model.values(`${name}_min`);
      const high = model.values(`${name}_max`);
      plot.draw(`line ${name}`, column ? linePath(xs, column, y) : '');
      plot.draw(`band ${name}`, low && high ? areaPath(xs, low, high, y) : '');
    }
    const label = (name, column) => ({ name, tone: name, value: short(last(column) / unit.size), y: y(last(column)) });
    plot.ends([label('written', written), label('read', read)].filter(l => Number.isFinite(l.y)));
    const said = (name, column) => last(column) === undefined ? `${name}: not known.`
      : `${name}: mean ${bytes(mean(column))}/s, from ${bytes(least(column))}/s to ${bytes(most(column))}/s, last ${bytes(last(column))}/s.`;
    plot.describe(`Throughput over ${clock(model.until)}. ${said('Read', read)} ${said('Written', written)}`);
  }

  drawMemory({ model, times, xs, x }) {
    const plot = this.memory;
    const { limit, peak: highest, peak_t } = model.now.memory ?? {};
    const kinds = KINDS.filter(kind => model.values(kind) && (kind !== 'codec' || most(model.values(kind))));
    if (!plot.show(kinds.length > 0)) return;
    const sums = stack(kinds.map(kind => model.values(kind)));
    const resident = sums.at(-1);
    const top = Math.max(most(resident), highest ?? 0, (limit ?? 0) * 1.08);
    const unit = unitFor(top);
    const scale = linear(top / unit.size, { tight: known(limit) });
    const y = value => scale.y(value / unit.size);
    const text = value => tenths(value / unit.size);
    say(plot.caption, `${unit.name} resident, by kind${known(limit) ? ', against the ceiling' : ''}; hatched: mapped pages of the input`);
    plot.axis(scale, plain);
    for (const kind of KINDS) {
      const index = kinds.indexOf(kind);
      const path = index < 0 ? '' : areaPath(xs, sums[index], sums[index + 1], y);
      plot.draw(`kind ${kind}`, path);
      if (kind === 'mapped') plot.draw('hatched kinds', path);
    }
    plot.draw('line between', sums.slice(1, -1).map(column => linePath(xs, column, y)).join(''));
    plot.draw('line resident', linePath(xs, resident, y));
    const level = value => `M0 ${y(value).toFixed(2)}H${W}`;
    plot.draw('line ceiling', known(limit) ? level(limit) : '');
    plot.draw('line threshold', known(limit) ? level(limit * 0.85) + level(limit * 0.95) : '');
    plot.ends(this.memoryLabels({ kinds, sums, resident, limit, y, text, unit }));
    const seen = peak(resident, times);
    const when = peak_t ?? seen.t;
    const size = highest ?? seen.value;
    plot.notes(size && known(when) ? [{ name: 'peak', text: `peak ${bytes(size)} at ${clock(when)}`, brief: bytes(size), x: x(when), y: y(size), dot: true }] : []);
    plot.describe(`Memory by kind, stacked, over ${clock(model.until)}. Resident: last ${bytes(last(resident))}, peak ${bytes(size || undefined)}`
      + `${known(limit) ? ` of a ceiling of ${bytes(limit, plain)}` : ', no ceiling'}. ${kinds.map(kind => `${KIND_NAMES[kind]} ${bytes(last(model.values(kind)))}`).join(', ')}.`);
  }

  memoryLabels({ kinds, sums, resident, limit, y, text, unit }) {
    const middle = index => y((last(sums[index]) + last(sums[index + 1])) / 2);
    const limits = known(limit) ? [
      { name: 'ceiling', tone: 'strong', value: plain(limit / unit.size), y: y(limit) },
      { name: 'critical from', tone: 'soft', value: text(limit * 0.95), y: y(limit * 0.95) },
      { name: 'high from', tone: 'soft', value: text(limit * 0.85), y: y(limit * 0.85) },
    ] : [];
    const total = { name: 'resident', tone: 'strong', value: text(last(resident)), y: y(last(resident)) };
    const parts = kinds.map((kind, index) => (
      { name: KIND_NAMES[kind], tone: 'soft', value: text(last(sums[index + 1]) - last(sums[index])), y: middle(index) }));
    return [...limits, total, ...parts.reverse()]; // top first, as labels of one height keep this order
  }

  drawLatency({ model, times, xs, x, step }) {
    const plot = this.latency;
    const columns = ['max', 'p99', 'p50'].map(name => [name, model.values(`${name}_us`)]);
    if (!plot.show(columns.some(([, column]) => column))) return;
    const all = columns.flatMap(([, column]) => (column ?? []).filter(value => known(value) && value > 0));
    const scale = logarithmic(all.length ? Math.min(...all) : 1000, all.length ? Math.max(...all) : 1e6);
    say(plot.caption, `from claim of its slice to commit; log scale; per ${step}`);
    plot.axis(scale, decade);
    for (const [name, column] of columns) {
      plot.draw(`line ${name}`, column ? linePath(xs, column, scale.y) : '');
    }
    const tones = { max: 'soft', p99: 'strong', p50: 'read' };
    plot.ends(columns.filter(([, column]) => last(column) !== undefined)
      .map(([name, column]) => ({ name, tone: tones[name], value: latency(last(column)), y: scale.y(last(column)) })));
    const slowest = peak(columns[0][1], times);
    const worst = model.now.latency_us?.run?.max ?? slowest.value;
    plot.notes(slowest.value ? [{ name: 'slowest', text: `slowest ${latency(slowest.value)} at ${clock(slowest.t)}`, brief: latency(slowest.value), x: x(slowest.t), y: scale.y(slowest.value) }] : []);
    plot.describe(`Record latency over ${clock(model.until)}. ${columns.map(([name, column]) => `${name} last ${latency(last(column))}`).join(', ')}; slowest of the run ${latency(worst || undefined)}.`);
  }

  drawWorkers({ model, times, xs, x, step }) {
    const plot = this.workers;
    const { slices, pool } = model.now;
    const states = STATES.filter(state => model.values(state));
    if (!plot.show(states.length > 0)) return;
    const sums = stack(states.map(state => model.values(state)));
    const all = model.allWorkers ?? most(sums.at(-1));
    const scale = linear(all, { parts: 2, tight: true, whole: true });
    const facts = [known(all) && all ? `of ${all}` : '', `mean of ${step}`,
      known(slices) ? `${slices} slices in flight` : '',
      known(pool?.used) ? `pool: ${pool.used} pages used, ${pool.idle ?? '–'} idle` : ''];
    say(plot.caption, facts.filter(Boolean).join('; '));
    plot.axis(scale, value => fixed(value));
    for (const state of STATES) {
      const index = states.indexOf(state);
      const path = index < 0 ? '' : areaPath(xs, sums[index], sums[index + 1], scale.y);
      plot.draw(`state ${state}`, path);
      if (state === 'held_back') plot.draw('hatched states', path);
    }
    plot.draw('line parts', sums.slice(2, -1).map(column => linePath(xs, column, scale.y)).join(''));
    plot.draw('line busy', states[0] === 'converting' ? linePath(xs, sums[1], scale.y) : '');
    const value = state => last(model.values(state));
    plot.ends(states.map((state, index) => ({
      name: STATE_NAMES[state], tone: state === 'converting' ? 'strong' : 'soft', value: fixed(value(state), Number.isInteger(value(state)) ? 0 : 1),
      y: scale.y((last(sums[index]) + last(sums[index + 1])) / 2),
    })).reverse());
    const held = peak(model.values('held_back'), times);
    plot.notes(held.value >= 0.5 ? [{ name: 'held', text: `${fixed(held.value)} held back`, brief: `${fixed(held.value)} held`, x: x(held.t), y: 0 }] : []);
    plot.describe(`Workers over ${clock(model.until)}, ${fixed(all)} in all. Last: ${states.map(state => `${STATE_NAMES[state]} ${fixed(value(state), 1)}`).join(', ')}.`);
  }
}
