// From numbers to places: axes, paths and labels. Nothing here touches the page.

/** The width and height of a drawing in its own units; it is stretched to its box. */
export const W = 1000;
export const H = 100;

const isNumber = value => typeof value === 'number' && Number.isFinite(value);

/** The largest known value of several columns. */
export function most(...columns) {
  let best = 0;
  for (const column of columns) {
    for (const value of column ?? []) if (isNumber(value) && value > best) best = value;
  }
  return best;
}

/** A step of 1, 2, 4 or 5 times a power of ten that divides `top` into at most `parts`. */
function niceStep(top, parts) {
  const power = 10 ** Math.floor(Math.log10(top / parts));
  return [1, 2, 4, 5, 10].map(n => n * power).find(step => top / step <= parts) ?? 10 * power;
}

/** A scale from 0 to at least `top`. With `tight` the axis ends at `top` itself. */
export function linear(top, { parts = 4, tight = false, whole = false } = {}) {
  const safe = top > 0 ? top : 1;
  const step = whole ? Math.max(1, Math.ceil(niceStep(safe, parts))) : niceStep(safe, parts);
  const end = tight ? safe : Math.ceil(safe / step - 1e-9) * step;
  const ticks = [];
  for (let value = 0; value <= end * 1.0001; value += step) ticks.push(value);
  return { ticks, y: value => H - Math.min(1, value / end) * H };
}

/** A scale of whole decades. */
export function logarithmic(low, high) {
  const first = Math.floor(Math.log10(low));
  const last = Math.max(first + 1, Math.ceil(Math.log10(high) - 1e-9));
  const ticks = [];
  for (let power = first; power <= last; power += 1) ticks.push(10 ** power);
  const y = value => H - (Math.log10(Math.max(value, 10 ** first)) - first) / (last - first) * H;
  return { ticks, y };
}

const TIME_STEPS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 21600, 43200, 86400];

/** Full times from 0 to `until`, at most `parts` of them after the first. */
export function timeTicks(until, parts) {
  const step = TIME_STEPS.find(s => until / s <= parts) ?? Math.ceil(until / parts / 86400) * 86400;
  const ticks = [];
  for (let t = 0; t <= until; t += step) ticks.push(t);
  return ticks;
}

/** Spans of neighbours that are known in all columns: an unknown value is a gap, not a zero. */
function spans(length, ...columns) {
  const out = [];
  let from = null;
  for (let i = 0; i <= length; i += 1) {
    const whole = i < length && columns.every(column => isNumber(column[i]));
    if (whole && from === null) from = i;
    if (!whole && from !== null) {
      out.push([from, i]);
      from = null;
    }
  }
  return out;
}

const at = (x, y) => `${x.toFixed(1)} ${y.toFixed(1)}`;

export function linePath(xs, values, y) {
  return spans(xs.length, values)
    .map(([from, to]) => 'M' + xs.slice(from, to).map((x, i) => at(x, y(values[from + i]))).join('L'))
    .join('');
}

/** The area between two columns. */
export function areaPath(xs, low, high, y) {
  return spans(xs.length, low, high).map(([from, to]) => {
    const upper = xs.slice(from, to).map((x, i) => at(x, y(high[from + i])));
    const lower = xs.slice(from, to).map((x, i) => at(x, y(low[from + i]))).reverse();
    return `M${[...upper, ...lower].join('L')}Z`;
  }).join('');
}

/** Running sums of columns, the first being all zeros; unknown stays unknown. */
export function stack(columns) {
  const zero = new Array(columns[0]?.length ?? 0).fill(0);
  return columns.reduce((sums, column) => {
    const below = sums.at(-1);
    return [...sums, column.map((value, i) => isNumber(value) && isNumber(below[i]) ? below[i] + value : null)];
  }, [zero]);
}

/** Moves places apart until each is `gap` from the next, within 0 to `end`; the order stays. */
export function apart(places, gap, end) {
  const order = places.map((place, index) => ({ place, index })).sort((a, b) => a.place - b.place);
  let floor = -Infinity;
  for (const item of order) floor = item.place = Math.max(item.place, floor + gap);
  let roof = end + gap;
  for (const item of order.reverse()) roof = item.place = Math.min(item.place, roof - gap);
  const out = [];
  for (const item of order) out[item.index] = item.place;
  return out;
}

/**
 * A sparkline from zero with its filled ground; `xs` run from 0 to 1. With `range`, a lowest and a highest
 * value, also the band between them.
 */
export function spark(xs, values, height, range) {
  const top = most(values, range) || 1;
  const y = value => height - 1 - value / top * (height - 2);
  const places = xs.map(x => x * 100);
  const zero = values.map(value => isNumber(value) ? 0 : null);
  const [low, high] = range ?? [];
  const band = areaPath([0, 100], [low, low], [high, high], y);
  return { line: linePath(places, values, y), ground: areaPath(places, zero, values, y), band };
}
