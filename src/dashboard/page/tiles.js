// The tiles: now large, mean or total below, the last minute as a line from zero.

import { html, keep, say, set, stretched, svg } from './dom.js';
import { bytes, clock, fixed, known, ms, percent, plain, rare, short, unitFor } from './format.js';
import { verdictNow } from './history.js';
import { most, spark } from './scale.js';

const WIDTH = 100;
const HEIGHT = 22;
const MINUTE = 60;

const TILES = [
  ['Read', read],
  ['Written', model => rate(model, 'written', 'B/s')],
  ['Records', records],
  ['Memory', memory],
  ['Latency', latency],
  ['Bad records', bad],
  ['Pressure', pressure],
  ['Free on target', free],
];

export function drawTiles(list, model, withLines) {
  keep(list, TILES, ([name]) => name, createTile, (tile, [, read]) => {
    const { big, unit = '', small = '', paths, warn = false } = read(model);
    const [number, base, drawing, below] = tile.querySelector('dd').children;
    say(number, big);
    say(base, unit);
    say(below, small);
    if (!withLines) return;
    drawing.classList.toggle('warn', warn);
    keep(drawing, Object.entries(paths ?? {}), ([name]) => name, ([name]) => svg('path', { class: name }), (node, [, path]) => set(node, 'd', path));
  });
}

const createTile = ([name]) => html('div', { class: 'tile' },
  html('dt', {}, name),
  html('dd', {}, html('span', { class: 'big' }), html('span', { class: 'unit' }), stretched(WIDTH, HEIGHT), html('small')));

/** The last 60 s of a value as a sparkline; the present is at the right edge. `range` becomes a band. */
function minute(model, name, { base = 0, range } = {}) {
  const from = model.now.t - MINUTE;
  const xs = model.recent.map(moment => (moment.t - from) / MINUTE);
  const values = model.recent.map(moment => known(moment[name]) ? moment[name] - base : undefined);
  const { line, ground, band } = spark(xs, values, HEIGHT, range);
  return { ground, usual: band, line };
}

/** Amounts in a bar: a grey ground, a filled part, and strokes at values that matter. */
function bullet(all, part, strokes = []) {
  const x = value => Math.min(WIDTH, value / all * WIDTH).toFixed(1);
  const [peak, limit] = strokes.map(value => known(value) ? `M${x(value)} 3V19` : '');
  return { track: `M0 8H${WIDTH}V14H0Z`, part: `M0 8H${x(part)}V14H0Z`, stroke: peak ?? '', 'stroke heavy': limit ?? '' };
}

function rate(model, name, base) {
  const now = model.now.rate?.[name];
  const mean = model.mean(name);
  const big = model.end ? mean : now;
  const unit = unitFor(Math.max(big ?? 0, mean ?? 0), base);
  const text = value => known(value) ? short(value / unit.size) : '–';
  const below = known(mean) ? `mean ${text(mean)}${known(now) ? '' : ` ${unit.name}`}` : '';
  const small = model.end ? 'mean of the run' : below;
  return { big: text(big), unit: known(big) ? unit.name : '', small, paths: minute(model, name), text };
}

/** The rate with what is usual for the mean of a run. */
function read(model) {
  const tile = rate(model, 'read', 'B/s');
  const { low, high } = model.now.usual ?? {};
  if (!known(low) || !known(high)) return tile;
  const { flagged, slower } = verdictNow(model);
  const range = `usual ${tile.text(low)} to ${tile.text(high)}`;
  const verdict = flagged ? `▼ ${percent(slower, 0)} slower, ${range}` : range;
  const small = [tile.small, verdict].filter(Boolean).join('; ');
  return { ...tile, small, warn: flagged, paths: minute(model, 'read', { range: [low, high] }) };
}

function records(model) {
  const tile = rate(model, 'records', '/s');
  const all = model.now.records?.read;
  if (!known(all)) return tile;
  const size = all >= 1e7 ? `${fixed(all / 1e6)} M` : fixed(all);
  return { ...tile, small: model.end ? `mean; ${size} read` : `${tile.small}; ${size} read` };
}

function memory(model) {
  const { limit, peak } = model.now.memory ?? {};
  const now = model.end ? peak : model.resident;
  const [big, unit = ''] = bytes(now).split(' ');
  const share = known(limit) && known(peak) ? `, ${percent(peak / limit, 0)} of ${plain(limit / unitFor(limit).size)}` : '';
  const small = model.end ? `peak${share}` : known(peak) ? `peak ${bytes(peak).replace(/ \w+$/, '')}${share}` : '';
  const all = Math.max(limit ?? 0, peak ?? 0, now ?? 0);
  return { big, unit, small, paths: known(now) && all ? bullet(all, now, [peak, limit]) : {} };
}

function latency(model) {
  const now = model.now.latency_us;
  const shown = model.end ? now?.run : now;
  const run = now?.run;
  const below = model.end
    ? `p99 ${ms(run?.p99)}, max ${ms(run?.max)}`
    : `p99 ${ms(now?.p99)}${run ? `; run ${ms(run.p50)} and ${ms(run.p99)}` : ''}`;
  return { big: ms(shown?.p50), unit: known(shown?.p50) ? 'ms p50' : '', small: now ? below : '', paths: minute(model, 'p50') };
}

function bad(model) {
  const { bad: count, read } = model.now.records ?? {};
  const first = model.recent.find(moment => known(moment.bad))?.bad ?? 0;
  return { big: fixed(count), small: known(count) ? rare(count, read) : '', paths: minute(model, 'bad', { base: first }) }; // the line has those of the last minute
}

const LEVELS = { normal: 0, high: 1, critical: 2 };

function pressure(model) {
  const spans = [...model.marks.values()].filter(mark => mark.kind === 'pressure' && mark.of === undefined && !mark.count)
    .sort((a, b) => a.t - b.t);
  const now = model.now.pressure;
  return { big: now ?? '–', small: worst(spans, now), warn: LEVELS[now] > 0, paths: now === undefined ? {} : { line: steps(spans, model.until) } };
}

/** The level over the whole run, as steps. */
function steps(spans, until) {
  const x = t => (Math.min(t, until) / until * WIDTH).toFixed(1);
  const y = level => 20 - 8 * (LEVELS[level] ?? 1);
  return `M0 20${spans.map(mark => `H${x(mark.t)}V${y(mark.level)}H${x(mark.end ?? until)}V${mark.end === undefined ? y(mark.level) : 20}`).join('')}H${WIDTH}`;
}

function worst(spans, now) {
  if (!spans.length) return now === undefined ? '' : 'never high';
  const level = Math.max(...spans.map(mark => LEVELS[mark.level] ?? 1));
  const found = spans.findLast(mark => (LEVELS[mark.level] ?? 1) === level);
  const until = known(found.end) ? ` to ${clock(found.end)}` : ' on';
  return `worst ${level === 2 ? 'critical' : 'high'}, ${clock(found.t)}${until}`;
}

function free(model) {
  const { free: left, remaining } = model.now.target ?? {};
  const [big, unit = ''] = bytes(left).split(' ');
  if (!known(left)) return { big, small: 'not known' };
  const alert = model.active.find(({ metric }) => metric?.startsWith('target_left'));
  const warn = alert !== undefined;
  const letter = warn ? model.lettered().findLast(mark => mark.kind === 'alert' && mark.rule === alert.rule)?.letter : undefined;
  const small = model.end || !known(remaining) ? '' : `needs ${bytes(remaining, short)} more${warn ? `; ◆ ${letter ?? ''}` : ''}`.trim();
  const paths = known(remaining) && !model.end ? bullet(most([left, remaining]), Math.min(left, remaining)) : {};
  return { big, unit, small, warn, paths };
}
