// Earlier runs of the job, and whether this one is as usual.

import { byId, html, place, say, show, stretched, svg } from './dom.js';
import { day, finished, fixed, known, minute, percent, plain, short, span, tenths, unitFor } from './format.js';
import { linear, most, spark } from './scale.js';

const number = text => html('td', { class: 'n' }, text);

/** The run that goes on, as an entry of its own history. */
function thisRun(model) {
  const { bytes: amount, eta_s, t, memory, records } = model.now;
  const whole = known(eta_s?.mid) ? t + eta_s.mid : undefined;
  return {
    name: 'this run', outcome: model.end?.outcome, open: !model.end, early: !model.end && !(known(model.share()) ? model.share() > 0.05 : t > 60),
    bytes: model.end ? amount?.read : amount?.size ?? amount?.read, elapsed_s: model.end ? t : whole,
    read_mean: model.mean('read'), peak: memory?.peak, bad: records?.bad, records: records?.read,
    spark: model.series.columns.read, part: model.end ? 1 : model.share(),
  };
}

/** The robust z score; the range is the median and 3 scaled deviations to both sides. */
function judge(mean, usual) {
  if (!known(mean) || !usual) return {};
  const deviation = (usual.high - usual.median) / 3; // `low` may have been cut off at 0
  const z = deviation > 0 ? (mean - usual.median) / deviation : 0;
  const slower = 1 - mean / usual.median;
  return { z, slower, flagged: z < -3.5 && slower > 0.05 };
}

/** How this run compares with those before it; nothing can be said of its first twentieth, or its first minute. */
export function verdictNow(model) {
  const run = thisRun(model);
  return run.early ? {} : judge(run.read_mean, model.now.usual);
}

export function drawHistory(model) {
  const { history, usual } = model.now;
  show(byId('history'), Array.isArray(history));
  if (!Array.isArray(history)) return;
  const runs = [thisRun(model), ...history];
  const means = runs.map(run => run.read_mean).filter(known);
  const unit = unitFor(most(means), 'B/s');
  const view = {
    unit, usual, when: namer(history), range: dotRange(means, usual, unit.size),
    size: unitFor(most(runs.map(run => run.bytes))), peak: unitFor(most(runs.map(run => run.peak))),
  };
  say(byId('history-h').querySelector('small'), history.length ? `mean read ${unit.name}; line: median, band: usual range` : 'no earlier runs of this job are kept');
  const table = byId('history-table');
  show(table, history.length > 0);
  table.replaceChildren(historyHead(view), html('tbody', {}, ...runs.map(run => historyRow(run, view))));
  say(byId('history-note'), historyNote(history, view));
}

/** Runs are told by their days; where there are several on one, by the time too. */
function namer(history) {
  const days = history.map(run => day(run.started));
  const isUnique = new Set(days).size === days.length;
  return run => isUnique ? day(run.started) : `${day(run.started)}, ${minute(run.started)}`;
}

/** The dots need not start at zero: they show how runs differ. */
function dotRange(means, usual, size) {
  const values = [...means, ...(usual ? [usual.low, usual.high] : [])].map(value => value / size);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const step = linear(Math.max(high - low, high / 20), { parts: 4 }).ticks[1];
  return { low: Math.floor(low / step) * step, high: Math.ceil(high / step + 1e-9) * step };
}

function historyHead({ unit, range, size, peak }) {
  const column = (text, kind) => html('th', { scope: 'col', class: kind }, text);
  const [low, high] = [plain(range.low), plain(range.high)];
  return html('thead', {}, html('tr', {},
    column('run'), column(size.name, 'n wide'), column('time', 'n'), column(unit.name, 'n'),
    html('th', { scope: 'col', class: 'dots' },
      html('span', { class: 'unseen' }, `mean on a scale of ${low} to ${high} ${unit.name}`),
      html('span', { class: 'scale', 'aria-hidden': 'true' }, html('span', {}, low), html('span', {}, high))),
    column('over the run', 'wide'), column(`peak ${peak.name}`, 'n wide'), column('bad /M', 'n wide'),
    html('th', { scope: 'col' }, html('span', { class: 'unseen' }, 'verdict'))));
}

function historyRow(run, view) {
  const verdict = run.name === undefined ? run : run.early ? {} : judge(run.read_mean, view.usual); // earlier ones were judged
  const part = (value, unit, text) => known(value) ? text(value / unit.size) : '–';
  return html('tr', { class: verdict.flagged ? 'flagged' : undefined },
    html('th', { scope: 'row' }, run.name ?? view.when(run)),
    html('td', { class: 'n wide' }, part(run.bytes, view.size, short)),
    number(`${run.open && known(run.elapsed_s) ? '≈ ' : ''}${span(run.elapsed_s)}`),
    number(part(run.read_mean, view.unit, short)),
    html('td', { class: 'dots' }, dots(run, verdict, view)),
    html('td', { class: 'wide' }, historyLine(run)),
    html('td', { class: 'n wide' }, part(run.peak, view.peak, tenths)),
    html('td', { class: 'n wide' }, run.records > 0 ? short(run.bad / run.records * 1e6) : '–'),
    html('td', {}, verdictText(run, verdict, view.usual)));
}

function verdictText(run, { flagged, slower, z }, usual) {
  if (run.outcome && run.outcome !== 'done') return run.outcome;
  if (flagged) return html('b', {}, `▼ ${percent(slower, 0)} slower`);
  if (run.name === undefined) return run.text ?? '';
  if (!usual || z === undefined) return '';
  const word = z > 3 ? 'faster than usual' : z < -3 ? 'slower than usual' : 'as usual';
  return word + (run.open ? ' so far' : '');
}

function dots(run, { flagged }, { unit, range, usual }) {
  const x = value => Math.min(100, Math.max(0, (value / unit.size - range.low) / (range.high - range.low) * 100)).toFixed(1);
  const cell = html('span', { class: 'dot-cell', 'aria-hidden': 'true' });
  if (usual) {
    cell.append(stretched(100, 16,
      svg('path', { class: 'usual', d: `M${x(usual.low)} 0H${x(usual.high)}V16H${x(usual.low)}Z` }),
      svg('path', { class: 'median', d: `M${x(usual.median)} 0V16` })));
  }
  if (known(run.read_mean)) cell.append(place(html('i', { class: `point ${run.open ? 'open' : ''} ${flagged ? 'far' : ''}` }), { left: `${x(run.read_mean)}%` }));
  return cell;
}

function historyLine(run) {
  if (!run.spark?.length) return '';
  const part = run.part ?? 1;
  const values = thinned(run.spark, 60);
  const xs = values.map((_, i) => (i + 0.5) / values.length * part);
  const drawing = stretched(100, 20, svg('path', { class: 'line', d: spark(xs, values, 20).line }));
  drawing.classList.add('over-run');
  return drawing;
}

/** At most so many means of neighbours. */
function thinned(values, most) {
  const together = Math.ceil(values.length / most);
  return Array.from({ length: Math.ceil(values.length / together) }, (_, i) => {
    const some = values.slice(i * together, (i + 1) * together).filter(known);
    return some.length ? some.reduce((a, b) => a + b, 0) / some.length : null;
  });
}

function historyNote(history, { unit, usual, when }) {
  if (!history.length) return '';
  const text = value => short(value / unit.size);
  const range = usual
    ? `Usual range: median ± 3 × 1.48 MAD of ${fixed(usual.runs)} finished runs, ${text(usual.low)} to ${text(usual.high)} ${unit.name}.`
    : 'A usual range needs 5 finished runs with the same job, version and settings.';
  const texts = history.filter(run => run.text).slice(0, 2).map(run => `${when(run)}: ${finished(run.text)}`);
  return [range, ...texts, 'Lines over the run start at 0.'].join(' ');
}
