// The header: is it well, when is it done, what is safe.

import { byId, html, keep, place, say, set, show } from './dom.js';
import { MANY } from './model.js';
import { bytes, clock, fixed, known, moment, percent, plain, plural, span, spoken, title, total, unitFor } from './format.js';

const STATE_GLYPHS = { starting: '○', running: '●', finishing: '◐', done: '✓', failed: '✗', stopped: '■' };

/** The state in words; after a failure with its reason. */
export function stateText(model) {
  const state = model.end?.outcome ?? model.now.state;
  if (state === undefined) return 'waiting for data';
  if (state === 'failed') return `failed: ${model.end?.error ?? 'no reason was given'}`;
  if (state === 'stopped') return model.end?.resumable === false ? 'stopped' : 'stopped, can be resumed';
  return state;
}

export const outcome = model => model.end?.outcome ?? model.now.state;

const files = job => [job?.source, job?.target].filter(Boolean).join(' → ') || 'pagemill';

export function drawHeader(model) {
  const { job, inputs } = model.now;
  const state = stateText(model);
  say(byId('title'), files(job));
  say(byId('state'), `${STATE_GLYPHS[outcome(model)] ?? '○'} ${state}`);
  byId('state').classList.toggle('failed', outcome(model) === 'failed');
  say(byId('job'), job?.name ? `job ${job.name}` : '');
  say(byId('formats'), job?.from && job?.to ? `${job.from.toUpperCase()} → ${job.to.toUpperCase()}` : '');
  say(byId('inputs'), known(inputs?.count) && inputs.count > 1 ? `${fixed(inputs.done)} of ${fixed(inputs.count)} files done` : '');
  say(byId('started'), job?.started ? `started ${moment(job.started)}` : '');
  say(byId('means'), means(model));
  drawFlag(model);
  drawBar(model);
  drawLine(model);
  document.title = [titleState(model, state), files(job), 'pagemill'].join(' · ');
}

function means(model) {
  const { memory } = model.now;
  const all = model.allWorkers;
  return [known(all) ? plural(all, 'worker') : '', known(memory?.limit) ? `ceiling ${bytes(memory.limit, plain)}` : '']
    .filter(Boolean).join(', ');
}

const titleState = (model, state) =>
  outcome(model) === 'running' && known(model.share()) ? percent(model.share(), 0) : state;

function drawFlag(model) {
  const { active } = model;
  const flag = byId('flag');
  show(flag, active.length > 0);
  if (!active.length) return;
  flag.classList.toggle('told', active.every(alert => alert.severity === 'info'));
  const name = alert => (alert.title ?? title(alert.rule)).replace(/^./, c => c.toLowerCase());
  say(flag, `◆ ${plural(active.length, 'alert')}: ${name(active[0])}${active.length > 1 ? ' and more' : ''}`);
}

function drawBar(model) {
  const share = model.share();
  const bar = byId('bar');
  show(bar, known(share));
  if (!known(share)) return;
  place(byId('fill'), { width: `${(share * 100).toFixed(2)}%` });
  const { size, read } = model.now.bytes;
  const left = model.now.eta_s?.mid;
  const whole = Math.floor(share * 100);
  if (bar.getAttribute('aria-valuenow') !== String(whole)) { // each write may be read aloud
    set(bar, 'aria-valuenow', whole);
    set(bar, 'aria-valuetext', `${whole} percent, ${total(read)} of ${total(size)} read${known(left) ? `, about ${spoken(left)} left` : ''}`);
  }
  const points = [...model.marks.values()].filter(mark => mark.kind === 'checkpoint' && known(mark.position) && !mark.count);
  const shown = points.length > MANY ? points.slice(-1) : points;
  keep(bar, [null, ...shown], mark => mark?.seq ?? 'fill', () => html('i'), (node, mark) => {
    if (mark) place(node, { left: `${(mark.position / size * 100).toFixed(2)}%` });
  });
}

function drawLine(model) {
  const { bytes: amount, checkpoint } = model.now;
  const share = model.share();
  say(byId('percent'), known(share) ? percent(share) : '');
  say(byId('done'), doneText(amount));
  say(byId('safe'), safeText(checkpoint, known(share)));
  say(byId('elapsed-word'), model.end ? 'took' : 'elapsed');
  say(byId('elapsed'), model.end ? span(model.now.t) : clock(model.now.t));
  drawLeft(model);
}

function doneText(amount) {
  if (!known(amount?.read)) return '–';
  const read = known(amount.size) ? `${of(amount.read, amount.size)} read` : `${total(amount.read)} read`;
  return known(amount.written) ? `${read}, ${total(amount.written)} written` : read;
}

/** "310.0 of 500.0 GB", with one unit as soon as the part shows in it. */
function of(part, all) {
  const { size } = unitFor(all);
  const isSeen = size > 1 && (part >= size || part * 10 >= all);
  return `${isSeen ? fixed(part / size, 1) : total(part)} of ${total(all)}`;
}

function safeText(checkpoint, onBar) {
  if (!known(checkpoint?.count)) return '';
  if (checkpoint.count === 0) return 'no checkpoint yet';
  const from = known(checkpoint.position) ? `; can resume from ${total(checkpoint.position)}` : '';
  return `${onBar ? 'ticks: ' : ''}${plural(checkpoint.count, 'checkpoint')}${from}`;
}

function drawLeft(model) {
  const eta = model.now.eta_s;
  const left = byId('left');
  if (model.end || !known(eta?.mid)) return left.replaceChildren();
  if (!left.children.length) left.append(html('span', {}, 'left about '), html('b'), ' ', html('small'));
  const [, strong, small] = left.children;
  say(strong, clock(eta.mid));
  const range = known(eta.low) && known(eta.high) ? `(${clock(eta.low)} to ${clock(eta.high)}), ` : '';
  say(small, `${range}done near ${new Date(Date.now() + eta.mid * 1000).toLocaleTimeString('en-GB')}`);
}

/** What a screen reader hears: the state, and each tenth of the way. */
export class Speaker {
  constructor() {
    this.clear();
  }

  clear() {
    this.tenth = 0;
    this.state = null;
    say(byId('failure'), '');
  }

  draw(model) {
    const state = stateText(model);
    const share = model.share();
    const tenth = known(share) ? Math.floor(share * 10) : 0;
    if (state === this.state && tenth === this.tenth) return;
    const parts = [];
    if (state !== this.state) parts.push(title(state));
    if (known(share)) parts.push(`${Math.floor(share * 100)} percent`);
    if (!model.end && known(model.now.eta_s?.mid)) parts.push(`about ${spoken(model.now.eta_s.mid)} left`);
    [this.state, this.tenth] = [state, tenth];
    if (outcome(model) === 'failed') say(byId('failure'), `The run failed: ${model.end?.error ?? 'no reason was given'}`);
    else say(byId('say'), `${parts.join(', ')}.`);
  }
}

/** How fresh the page is. */
export function drawLink({ model, link, paused }) {
  const stale = !model.end && link !== null && !link.live && !paused;
  document.documentElement.classList.toggle('stale', stale);
  say(byId('link'), linkText(model, link, paused));
}

function linkText(model, link, paused) {
  if (model.end) {
    return model.now.linger
      ? 'the run is over; pagemill stays up until it is stopped'
      : 'pagemill has ended; these are its last numbers';
  }
  if (paused) return 'updates are paused; the run goes on';
  if (link === null) return 'connecting';
  if (link.live) return 'live, 2 updates/s';
  if (link.quiet === null) return 'no data yet, trying again';
  const ended = link.quiet >= 60 ? '; pagemill may have ended' : '';
  return `no data for ${link.quiet} s, trying again${ended}`;
}
