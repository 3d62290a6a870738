// Bad records: by reason, by place in the file, and the latest.

import { byId, html, keep, place, say, set, show, stretched, svg } from './dom.js';
import { bytes, fixed, known, percent, plain, rare, title, total, unitFor } from './format.js';
import { H, W, most } from './scale.js';

const REASONS = {
  fields: 'number of fields differs from the header', syntax: 'not well formed', text: 'text that is not UTF-8',
  value: 'value of the wrong type', op: 'an operation refused it', target: 'the target format cannot hold it',
  earlier: 'found by the run that this one goes on from',
};
const reason = name => REASONS[name] ?? title(name);

export function drawBad(model) {
  const { records, bad } = model.now;
  show(byId('bad'), bad !== undefined || known(records?.bad));
  const action = bad?.action ? `, ${bad.action}` : '';
  say(byId('bad-n'), known(records?.bad)
    ? records.bad === 0 ? model.end ? 'none' : 'none so far' : `${fixed(records.bad)} of ${fixed(records.read)} (${rare(records.bad, records.read)})${action}` : '–');
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
  const input = model.now.inputs?.count > 1 ? 'files, one after another' : 'file';
  const caption = `where in the ${input}, count per ${bytes(step, plain)}; ${spot(counts, step, read)}`;
  say(byId('places-c'), caption);
  const [drawing, line, axis] = placesDrawing(figure);
  set(drawing.firstChild, 'd', bars.join(''));
  set(drawing, 'aria-label', `Bad records by ${caption}.${known(read) ? ` Read up to ${total(read)}.` : ''}`);
  const share = known(read) ? Math.min(1, read / end) : 1;
  show(line, known(size) && share < 0.995);
  place(line, { left: `${(share * 100).toFixed(2)}%` });
  line.className = share > 0.7 ? 'upto before' : 'upto';
  const unit = unitFor(end);
  const format = known(size) ? plain : value => fixed(value, 1); // one that grows
  [0, end / 2, end].forEach((position, i) => say(axis.children[i], position ? `${format(position / unit.size)} ${unit.name}` : '0'));
}

/** Says where many are, if a third lies in a tenth of the places; else which place has most. */
function spot(counts, step, read = 0) {
  const all = counts.reduce((a, b) => a + b, 0);
  const seen = Math.min(counts.length, Math.max(Math.ceil(read / step), counts.findLastIndex(count => count > 0) + 1));
  let [from, to, inside, start, sum] = [0, seen, all, 0, 0];
  for (let end = 1; end <= seen; end += 1) { // the narrowest window that holds a third of them
    sum += counts[end - 1];
    while ((sum - counts[start]) * 3 >= all) sum -= counts[start++];
    if (sum * 3 >= all && end - start < to - from) [from, to, inside] = [start, end, sum];
  }
  const at = index => index ? bytes(index * step, plain) : 'the start';
  if ((to - from) * 10 <= seen) return `${percent(inside / all, 0)} of them between ${at(from)} and ${at(to)}`;
  const worst = counts.indexOf(most(counts));
  return `most, ${fixed(counts[worst])}, at ${at(worst)}`;
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
