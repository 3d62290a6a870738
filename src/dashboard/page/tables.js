// Bad records, the history of the job, and the data of the charts by minute.

import { byId, html, keep, place, say, set, show, stretched, svg } from './dom.js';
import { KINDS, STATES } from './model.js';
import { KIND_NAMES, STATE_NAMES } from './charts.js';
import { clock, day, fixed, known, bytes, ms, percent, plain, rare, short, span, tenths, title, total, unitFor } from './format.js';
import { H, W, linear, most, spark } from './scale.js';

const REASONS = {
  fields: 'number of fields differs from the header', syntax: 'not well formed', text: 'text that is not UTF-8',
  value: 'value of the wrong type', op: 'an operation refused it', target: 'the target format cannot hold it',
};
const reason = name => REASONS[name] ?? title(name);

const number = text => html('td', { class: 'n' }, text);

// Bad records

export function drawBad(model) {
  const { records, bad } = model.now;
  show(byId('bad'), bad !== undefined || known(records?.bad));
  const action = bad?.action ? `, ${bad.action}` : '';
  say(byId('bad-n'), known(records?.bad)
    ? records.bad === 0 ? 'none so far' : `${fixed(records.bad)} of ${fixed(records.read)} (${rare(records.bad, records.read)})${action}` : '–');
  drawReasons(bad?.by_reason ?? {});
  drawPlaces(model, bad ?? {});
  drawLatest(bad?.latest ?? []);
}

function drawReasons(counts) {
  const rows = Object.entries(counts).filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1]);
  const top = most(rows.map(([, count]) => count));
  show(byId('reasons').parentNode, rows.length > 0);
  keep(byId('reasons'), rows, ([name]) => name, ([name]) => html('tr', {},
    html('td', { class: 'n' }), html('td', { class: 'meter', 'aria-hidden': 'true' }, html('i')), html('th', { scope: 'row' }, reason(name))),
  (node, [, count]) => {
    const [value, meter] = node.children;
    say(value, fixed(count));
    place(meter.firstChild, { width: `${Math.max(1, count / top * 100).toFixed(1)}%` });
  });
}

/** Counts along the file, so that one bad spot is told from bad records everywhere. */
function drawPlaces(model, { by_place: counts, place_step: step }) {
  const figure = byId('places');
  const drawable = Array.isArray(counts) && known(step) && most(counts) > 0;
  show(figure, drawable);
  if (!drawable) return;
  const { size, read } = model.now.bytes ?? {};
  const end = Math.max(size ?? 0, known(size) ? 0 : read ?? 0, counts.findLastIndex(count => count > 0) * step, step);
  const top = most(counts);
  const x = position => Math.min(W, position / end * W);
  const bars = counts.map((count, i) => {
    const [left, right] = [x(i * step), x((i + 1) * step) - 2];
    return count > 0 ? `M${left.toFixed(1)} ${H}V${(H - Math.max(4, count / top * H)).toFixed(1)}H${right.toFixed(1)}V${H}Z` : '';
  });
  const worst = counts.indexOf(top);
  const caption = `where in the file, count per ${bytes(step, plain)}; most, ${fixed(top)}, ${worst ? `at ${bytes(worst * step, plain)}` : 'at the start'}`;
  say(byId('places-c'), caption);
  const [drawing, line, axis] = placesDrawing(figure);
  set(drawing.firstChild, 'd', bars.join(''));
  set(drawing, 'aria-label', `Bad records by ${caption}.${known(read) ? ` Read up to ${total(read)}.` : ''}`);
  const share = known(read) ? Math.min(1, read / end) : 1;
  show(line, known(size) && share < 0.995);
  place(line, { left: `${(share * 100).toFixed(2)}%` });
  line.className = share > 0.7 ? 'upto before' : 'upto';
  [0, end / 2, end].forEach((position, i) => say(axis.children[i], position ? known(size) ? bytes(position, plain) : total(position) : '0'));
}

function placesDrawing(figure) {
  if (figure.children.length === 1) {
    const drawing = stretched(W, H, svg('path', { class: 'places-bars' }));
    drawing.removeAttribute('aria-hidden');
    set(drawing, 'role', 'img');
    figure.append(html('div', { class: 'area' }, drawing, html('span', { class: 'upto', 'aria-hidden': 'true' }, 'read up to here')),
      html('div', { class: 'scale', 'aria-hidden': 'true' }, html('span'), html('span'), html('span')));
  }
  const [, area, axis] = figure.children;
  return [...area.children, axis];
}

function drawLatest(latest) {
  const table = byId('latest');
  show(table, latest.length > 0);
  const withText = latest.some(entry => entry.begins !== undefined);
  const heads = [['record', 'n'], ['at byte', 'n'], ['reason'], ...(withText ? [['begins with (latest 6)']] : [])];
  const head = html('thead', {}, html('tr', {}, ...heads.map(([text, kind]) => html('th', { scope: 'col', class: kind }, text))));
  const rows = latest.map(entry => html('tr', {},
    html('td', { class: 'n', 'data-name': 'record' }, fixed(entry.record)),
    html('td', { class: 'n', 'data-name': 'at byte' }, fixed(entry.at)),
    html('td', { class: 'long' }, [entry.source, entry.text ?? reason(entry.reason)].filter(Boolean).join(': ')),
    withText ? html('td', { class: 'raw long' }, entry.begins ?? '–') : undefined));
  const body = html('tbody', {}, ...rows);
  if (table.textContent !== head.textContent + body.textContent) table.replaceChildren(head, body);
}

// History

/** The run that goes on, as an entry of its own history. */
function thisRun(model) {
  const { bytes: amount, eta_s, t, memory, records } = model.now;
  const whole = known(eta_s?.mid) ? t + eta_s.mid : undefined;
  return {
    name: 'this run', outcome: model.end?.outcome, open: !model.end, early: !model.end && !(model.share() > 0.05),
    bytes: model.end ? amount?.read : amount?.size ?? amount?.read, elapsed_s: model.end ? t : whole,
    read_mean: model.mean('read'), peak: memory?.peak, bad: records?.bad, records: records?.read,
    spark: model.series.columns.read, part: model.end ? 1 : model.share(),
  };
}

/** The robust z score; the range is the median and 3 scaled deviations to both sides. */
function judge(mean, usual) {
  if (!known(mean) || !usual) return {};
  const deviation = (usual.median - usual.low) / 3;
  const z = deviation > 0 ? (mean - usual.median) / deviation : 0;
  const slower = 1 - mean / usual.median;
  return { z, slower, flagged: z < -3.5 && slower > 0.05 };
}

export function drawHistory(model) {
  const { history, usual } = model.now;
  show(byId('history'), Array.isArray(history));
  if (!Array.isArray(history)) return;
  const runs = [thisRun(model), ...history];
  const means = runs.map(run => run.read_mean).filter(known);
  const unit = unitFor(most(means), 'B/s');
  const view = {
    unit, usual, range: dotRange(means, usual, unit.size),
    size: unitFor(most(runs.map(run => run.bytes))), peak: unitFor(most(runs.map(run => run.peak))),
  };
  say(byId('history-h').querySelector('small'), history.length ? `mean read ${unit.name}; line: median, band: usual range` : 'no earlier runs of this job are kept');
  const table = byId('history-table');
  show(table, history.length > 0);
  table.replaceChildren(historyHead(view), html('tbody', {}, ...runs.map(run => historyRow(run, view))));
  say(byId('history-note'), historyNote(history, view));
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
  const verdict = run.early ? {} : run.flagged === undefined ? judge(run.read_mean, view.usual) : run;
  const part = (value, unit, text) => known(value) ? text(value / unit.size) : '–';
  return html('tr', { class: verdict.flagged ? 'flagged' : undefined },
    html('th', { scope: 'row' }, run.name ?? day(run.started)),
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
  if (run.name === undefined || !usual || z === undefined) return '';
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
  const xs = run.spark.map((_, i) => (i + 0.5) / run.spark.length * part);
  const drawing = stretched(100, 20, svg('path', { class: 'line', d: spark(xs, run.spark, 20).line }));
  drawing.classList.add('over-run');
  return drawing;
}

function historyNote(history, { unit, usual }) {
  if (!history.length) return '';
  const text = value => short(value / unit.size);
  const range = usual
    ? `Usual range: median ± 3 × 1.48 MAD of ${fixed(usual.runs)} finished runs, ${text(usual.low)} to ${text(usual.high)} ${unit.name}.`
    : 'A usual range needs 5 finished runs with the same job, version and settings.';
  const texts = history.filter(run => run.text).slice(0, 2).map(run => `${day(run.started)}: ${run.text}`);
  return [range, ...texts, 'Lines over the run start at 0.'].join(' ');
}

// By minute

const MINUTE_COLUMNS = [
  ['read MB/s', 'read', value => short(value / 1e6)],
  ['written MB/s', 'written', value => short(value / 1e6)],
  ['resident MB', 'resident', value => fixed(value / 1e6, 1)],
  ...[...KINDS].reverse().map(kind => [`${KIND_NAMES[kind]} MB`, kind, value => fixed(value / 1e6, 1)]),
  ['p50 ms', 'p50_us', ms],
  ['p99 ms', 'p99_us', ms],
  ['max ms', 'max_us', ms],
  ...STATES.map(state => [STATE_NAMES[state], state, value => fixed(value, Number.isInteger(value) ? 0 : 1)]),
];

/** The point at each full minute and the last one. Percentiles cannot be averaged, so no row is a mean. */
export function drawMinutes(model) {
  const times = model.times();
  const rows = times.map((t, i) => [t, i]).filter(([t, i]) =>
    i === 0 || i === times.length - 1 || Math.floor(t / 60) > Math.floor(times[i - 1] / 60));
  const columns = MINUTE_COLUMNS.map(([name, column, text]) => [name, column === 'resident' ? model.residents() : model.values(column), text])
    .filter(([name, values]) => values?.some(known) && (!name.startsWith('codec') || most(values) > 0));
  const head = html('thead', {}, html('tr', {}, html('th', { scope: 'col' }, 'time'), ...columns.map(([name]) => html('th', { scope: 'col', class: 'n' }, name))));
  const body = rows.map(([t, i]) => html('tr', {},
    html('th', { scope: 'row' }, clock(i < times.length - 1 && model.series.step_s < 60 ? Math.floor(t / 60) * 60 : t)), ...columns.map(([, values, text]) => number(known(values[i]) ? text(values[i]) : '–'))));
  byId('minutes').querySelector('table').replaceChildren(head, html('tbody', {}, ...body));
}
