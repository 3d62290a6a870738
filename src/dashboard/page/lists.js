// Alerts, events and the plan.

import { byId, html, keep, say, sentence, set, show } from './dom.js';
import { bytes, clock, fixed, known, percent, plain, plural, seconds, title } from './format.js';
import { glyph } from './lane.js';

const ALERT_GLYPHS = { active: '◆', resolved: '○', quiet: '·' };

const UNITS = {
  bytes: value => bytes(value),
  bytes_per_s: value => `${bytes(value)}/s`,
  s: seconds,
  share: value => percent(value, 2),
  per_million: value => `${plain(value)} per million`,
};

const withUnit = (value, unit) => (UNITS[unit] ?? plain)(value);

/** How near a quiet rule is: "57.3 of 64 MB". */
function nearness({ value, threshold, unit, op }) {
  if (!known(value) || !known(threshold)) return '';
  const [now, limit] = [withUnit(value, unit), withUnit(threshold, unit).replace(/\.0(?= )/, '')];
  if (op?.startsWith('<')) return `${now}, fires under ${limit}`;
  const [, name] = limit.match(/^\S+( .*)$/) ?? [null, ''];
  return `${name && now.endsWith(name) ? now.slice(0, -name.length) : now} of ${limit}`;
}

function when({ state, since, until, ...rule }) {
  if (state === 'active') return known(since) ? `since ${clock(since)}` : '';
  if (state === 'resolved') return known(since) && known(until) ? `${clock(since)} to ${clock(until)}` : 'resolved';
  return nearness(rule);
}

const createAlert = () => html('li', {},
  html('span', { 'aria-hidden': 'true' }), html('span', {}, html('b'), ' ', html('small')), html('span', { class: 'when' }), html('p'));

function updateAlert(node, alert) {
  const [sign, name, time, text] = node.children;
  node.className = alert.state === 'active' ? 'fire' : 'calm';
  say(sign, ALERT_GLYPHS[alert.state] ?? '·');
  say(name.firstChild, alert.title ?? title(alert.rule));
  say(name.lastChild, alert.state === 'quiet' ? '' : alert.severity ?? '');
  say(time, when(alert));
  const resolved = alert.state === 'resolved' ? 'Resolved. ' : '';
  sentence(text, alert.state === 'quiet' ? '' : resolved + (alert.text ?? ''));
  show(text, text.textContent !== '');
}

export function drawAlerts(model) {
  const all = [...model.alerts.values()];
  const of = state => all.filter(alert => alert.state === state);
  const [active, resolved, quiet] = ['active', 'resolved', 'quiet'].map(of);
  const told = [...active, ...resolved];
  const counts = `${active.length} active, ${resolved.length} resolved, ${quiet.length} quiet`;
  say(byId('alerts-n'), model.now.alerts === undefined && !all.length ? 'not known' : all.length ? counts : 'no rules are set');
  keep(byId('alert-list'), told, alert => alert.rule, createAlert, updateAlert);
  keep(byId('quiet-list'), quiet, alert => alert.rule, createAlert, updateAlert);
  show(byId('quiet-list'), quiet.length > 0);
}

/** Newest first. A span that has passed gets its end beside its beginning, as the flag of both is one. */
export function drawEvents(model, marks) {
  const listed = marks.filter(mark => mark.kind !== 'checkpoint').reverse();
  const points = model.now.checkpoint?.count ?? 0;
  const quiet = listed.length ? 'newest first' : model.now.marks === undefined ? 'not known' : 'none so far';
  say(byId('events-n'), points ? `${quiet}; ${plural(points, 'checkpoint')} not listed` : quiet);
  keep(byId('log'), listed, mark => mark.seq, () => html('li', { tabindex: '-1' }, html('span'), html('b'), html('span')), (node, mark) => {
    const [time, sign, text] = node.children;
    set(node, 'id', `mark-${mark.seq}`);
    say(time, clock(mark.t));
    say(sign, `${glyph(mark.kind)} ${mark.letter ?? ''}`);
    const count = mark.count ? `${title(mark.kind)}: ${fixed(mark.count)} times, the latest at ${clock(mark.t)}. ` : '';
    sentence(text, count + (mark.text ?? title(mark.kind)));
  });
}

/** A row of the plan names a kind of memory where what is in use can be told. */
function planValue(row, memory) {
  const used = row.in_use ?? (known(memory?.[row.kind]) ? bytes(memory[row.kind]) : undefined);
  return used === undefined ? String(row.value ?? '–') : `${row.value ?? '–'}, in use ${used}`;
}

export function drawPlan(model) {
  const { plan, memory } = model.now;
  show(byId('plan'), Array.isArray(plan));
  if (!Array.isArray(plan)) return;
  keep(byId('plan-rows'), plan, row => `${row.under ?? ''}/${row.name}`,
    () => html('tr', {}, html('th', { scope: 'row' }), html('td'), html('td')), (node, row) => {
      const [name, value, origin] = node.children;
      node.className = row.under ? 'part' : '';
      value.className = row.code ? 'code' : '';
      say(name, row.name);
      say(value, planValue(row, memory));
      say(origin, row.set_by ?? '');
    });
}
