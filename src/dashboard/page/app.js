// Brings the events to the model and the model to the page.

import { byId, say, show } from './dom.js';
import { Model } from './model.js';
import { Stream, fetchSnapshot } from './stream.js';
import { Charts } from './charts.js';
import { W } from './scale.js';
import { Cursor, Lane } from './lane.js';
import { Speaker, drawHeader, drawLink } from './header.js';
import { drawTiles } from './tiles.js';
import { drawAlerts, drawEvents, drawPlan } from './lists.js';
import { drawBad } from './bad.js';
import { drawHistory } from './history.js';
import { drawMinutes } from './minutes.js';

const STALE_MS = 2000; // the labels of the charts are no older
const CALM_MS = 5000; // charts are redrawn so often with reduced motion, and slow tables always

const model = new Model();
const charts = new Charts();
const lane = new Lane(() => redraw({ all: true }));
const speaker = new Speaker();
const cursor = new Cursor(model, () => cursor.draw());
const calm = matchMedia('(prefers-reduced-motion: reduce)');

let paused = false;
let link = null;
let drawn = 0; // when the charts were drawn last
let drawnUntil = 0; // the end of the axis then
let fresh = false; // whether something is to be seen on them at once
let tabled = 0; // when the slow tables were
let asked = false;
let waiting = false;

function draw() {
  waiting = false;
  drawLink({ model, link, paused });
  if (paused || model.now.run === undefined) return;
  const now = performance.now();
  const due = chartsDue(now);
  const marks = model.lettered();
  drawHeader(model);
  speaker.draw(model);
  drawTiles(byId('tiles'), model, !calm.matches || due);
  drawAlerts(model);
  drawEvents(model, marks);
  drawPlan(model);
  drawBad(model);
  drawFooter();
  if (due) drawCharts(marks, now);
  if (now - tabled >= CALM_MS) drawTables(now);
  drawLinks();
}

/**
 * Charts are most of the cost, and the conversion may need the processor: on a long axis
 * a tick moves the curves by less than can be seen.
 */
function chartsDue(now) {
  if (calm.matches) return now - drawn >= CALM_MS;
  const moved = (model.until - drawnUntil) / model.until * W;
  return fresh || Math.abs(moved) >= 0.7 || now - drawn >= STALE_MS;
}

function drawCharts(marks, now) {
  [drawn, drawnUntil, fresh] = [now, model.until, false];
  charts.draw(model, marks);
  lane.draw(model, marks);
  cursor.draw();
}

function drawTables(now) {
  tabled = now;
  drawHistory(model);
  if (byId('minutes').open) drawMinutes(model);
}

/** Links to parts that are left out lead nowhere. */
function drawLinks() {
  for (const link of document.querySelectorAll('.top nav a')) show(link, !byId(link.hash.slice(1)).hidden);
}

function drawFooter() {
  const { version, pid } = model.now;
  say(byId('version'), [`pagemill${version ? ` ${version}` : ''}`, pid ? `pid ${pid}` : ''].filter(Boolean).join(', '));
  say(byId('served'), `served on ${location.host}`);
}

/** Several events of one moment are drawn once. */
function redraw({ all = false } = {}) {
  if (all) drawn = tabled = -Infinity;
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(draw);
}

/** The model lacks points that only the server can tell; one question at a time. */
async function refetch() {
  if (asked) return;
  asked = true;
  try {
    receive('snapshot', await fetchSnapshot());
  } catch {
    // the next snapshot of the stream heals it
  } finally {
    asked = false;
  }
}

const handlers = {
  snapshot(data) {
    if (model.now.run === data.run && data.seq < model.now.seq) return; // an answer that events overtook
    if (model.snapshot(data)) startAgain();
    redraw({ all: true });
  },
  tick: data => model.tick(data),
  point: data => model.point(data) || refetch(),
  mark: data => model.mark(data),
  alert: data => model.alert(data),
  bad: data => model.bad(data),
  end(data) {
    model.finish(data);
    pause(false); // nothing moves any more, and the end must not be missed
    redraw({ all: true });
  },
};

function receive(name, data) {
  if (name !== 'snapshot' && model.now.run === undefined) return;
  handlers[name](data);
  if (name === 'mark' || name === 'point') fresh = true;
  redraw();
}

function startAgain() {
  cursor.clear();
  speaker.clear();
}

function pause(on) {
  paused = on;
  const button = byId('pause');
  say(button, on ? 'Resume updates' : 'Pause updates');
  if (model.end) button.disabled = true;
  redraw({ all: !on });
}

byId('pause').addEventListener('click', () => pause(!paused));
byId('minutes').addEventListener('toggle', () => redraw({ all: true }));
addEventListener('beforeprint', () => { // a print has room for the table and no way to open it
  byId('minutes').open = true;
  drawMinutes(model);
});

new Stream(receive, state => {
  link = state;
  redraw();
});
