// The data of the charts as a table, by minute.

import { byId, html } from './dom.js';
import { KINDS, STATES } from './model.js';
import { KIND_NAMES, STATE_NAMES } from './charts.js';
import { clock, fixed, known, ms, short } from './format.js';
import { most } from './scale.js';

const number = text => html('td', { class: 'n' }, text);

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
