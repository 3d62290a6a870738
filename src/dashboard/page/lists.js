// Alerts, events and the plan.

import { byId, html, keep, say, sentence, set, show } from './dom.js';
import { bytes, clock, finished, fixed, known, plain, plural, seconds, short, title } from './format.js';
import { glyph } from './lane.js';

const ALERT_GLYPHS = { active: '◆', resolved: '○', quiet: '·' };

const UNITS = {
  bytes: value => bytes(value),
  bytes_per_s: value => `${bytes(value)}/s`,
  s: seconds,
  share: (value, limit) => limit < 0.001 ? `${short(value * 1e6)} per million` : `${value > 0 && value < 0.0001 ? '< 0.01' : short(value * 100)} %`,
};

const LEVELS = ['normal', 'high', 'critical'];

/** What to do about a metric that is where it should not be. */
const ADVICE = {
  target_left_bytes: 'Free some space: a full disk stops the run.',
  target_left_share: 'Free some space: a full disk stops the run.',
  memory_pressure_level: 'The run slows down to stay below its ceiling; the output is the same. A higher ceiling or fewer workers keeps it fast.',
  memory_peak_share: 'Give the run a higher ceiling or fewer workers before something else stops it.',
  memory_resident_share: 'Give the run a higher ceiling or fewer workers.',
  records_bad_share: 'Bad records below says whether they are in one place or everywhere; everywhere often means a wrong option.',
  records_bad_total: 'Bad records below says whether they are in one place or everywhere.',
  stalled_seconds: 'Look at what the run reads from and writes to: a disk, a network or a pipe that does not go on.',
};

/** How near a quiet rule is: "57.3 of 64 MB". */
function nearness({ value, threshold, unit, op, metric }) {
  if (!known(threshold)) return known(value) ? '' : 'not known';
  if (metric === 'memory_pressure_level') return `${LEVELS[value] ?? 'not known'}, fires at ${LEVELS[threshold + 1] ?? '–'}`;
  const text = UNITS[unit] ?? plain;
  const [now, limit] = [known(value) ? text(value, threshold) : 'not known', text(threshold, threshold).replace(/\.0+(?= )/, '')];
  if (op?.startsWith('<')) return `${now}, fires under ${limit}`;
  if (threshold === 0 || !known(value)) return `${now}, fires above ${limit}`;
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
  node.className = alert.state !== 'active' ? 'calm' : alert.severity === 'info' ? 'fire told' : 'fire';
  say(sign, ALERT_GLYPHS[alert.state] ?? '·');
  say(name.firstChild, alert.title ?? title(alert.rule));
  say(name.lastChild, alert.state === 'quiet' ? '' : alert.severity ?? '');
  say(time, when(alert));
  sentence(text, alertText(alert));
  show(text, text.textContent !== '');
}

function alertText({ state, text, metric }) {
  if (state === 'quiet') return '';
  const parts = state === 'resolved' ? ['Resolved.', finished(text)] : [finished(text), ADVICE[metric]];
  return parts.filter(Boolean).join(' ');
}

export function drawAlerts(model) {
  const all = [...model.alerts.values()];
  const of = state => all.filter(alert => alert.state === state);
  const { active } = model;
  const [resolved, quiet] = ['resolved', 'quiet'].map(of);
  const told = [...active, ...resolved];
  const counts = `${active.length} active, ${resolved.length} resolved, ${quiet.length} quiet`;
  say(byId('alerts-n'), model.now.alerts === undefined && !all.length ? 'not known' : all.length ? counts : 'no rules are set');
  // An entry that changes its state becomes another one, which is spoken; numbers that go on are not.
  keep(byId('alert-list'), told, alert => `${alert.rule} ${alert.state}`, createAlert, updateAlert);
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
    const end = known(mark.end) && !mark.count ? ` (until ${clock(mark.end)})` : '';
    sentence(text, count + (mark.text ?? title(mark.kind)).replace(/\.?$/, end || '$&'));
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
