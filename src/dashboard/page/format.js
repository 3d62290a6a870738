// Numbers and times as text. `undefined` and `null` mean unknown and become a dash, never 0.

export const DASH = '–';

export const known = value => typeof value === 'number' && Number.isFinite(value);

// Making a format costs far more than using it.
const FORMATS = new Map();

function withDecimals(value, least, most) {
  const key = `${least} ${most}`;
  if (!FORMATS.has(key)) {
    FORMATS.set(key, new Intl.NumberFormat('en-US', { minimumFractionDigits: least, maximumFractionDigits: most }));
  }
  return FORMATS.get(key).format(value);
}

/** `value` with a fixed number of decimals and thousands separated by commas. */
export const fixed = (value, decimals = 0) => known(value) ? withDecimals(value, decimals, decimals) : DASH;

/** About three digits: 398, 41.2, 3.14; 0 stays 0. */
export function short(value) {
  if (!known(value)) return DASH;
  const size = Math.abs(value);
  if (size >= 99.95 || size === 0) return fixed(value);
  return fixed(value, size >= 9.995 ? 1 : 2);
}

/** A number that was chosen, such as a limit or the tick of an axis: no zeros that say nothing. */
export const plain = value =>
  known(value) ? withDecimals(value, 0, Math.abs(value) < 1 ? 3 : 2) : DASH;

/** One decimal, as long as it says something. */
export const tenths = value => fixed(value, Math.abs(value) < 99.95 ? 1 : 0);

const STEPS = [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k'], [1, '']];

/**
 * The unit in which `most` is read best. A unit begins at twice its size,
 * so 1,200 MB/s and 800 MB/s stay comparable at a glance.
 */
export function unitFor(most, base = 'B') {
  const [size, letter] = STEPS.find(([s]) => most >= 2 * s) ?? STEPS.at(-1);
  return { size, name: letter + base };
}

/** Bytes as text with their unit: "41.2 MB". */
export function bytes(value, format = tenths) {
  if (!known(value)) return DASH;
  const unit = unitFor(Math.abs(value));
  return `${unit.size === 1 ? fixed(value) : format(value / unit.size)} ${unit.name}`;
}

/** Totals carry one decimal, so that they are seen to grow: "310.0 GB". */
export const total = value => bytes(value, x => fixed(x, 1));

/** Milliseconds without a unit from microseconds: 0.35, 9.2, 41, 4,100. */
export function ms(us) {
  if (!known(us)) return DASH;
  const value = us / 1000;
  if (value < 1) return fixed(value, 2);
  return fixed(value, value < 20 ? 1 : 0);
}

/** A latency with the unit that fits. */
export function latency(us) {
  if (!known(us)) return DASH;
  if (us < 1000) return `${fixed(us)} µs`;
  return us < 1e6 ? `${ms(us)} ms` : `${tenths(us / 1e6)} s`;
}

/** The same for the ticks of an axis: 10 ms, 1 s. */
export const decade = us => us < 1000 ? `${plain(us)} µs` : us < 1e6 ? `${plain(us / 1000)} ms` : `${plain(us / 1e6)} s`;

/** A moment or a span as a clock: 0:07, 12:32, 1:02:03. */
export function clock(seconds) {
  if (!known(seconds)) return DASH;
  const whole = Math.max(0, Math.floor(seconds));
  const two = n => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** How long something took; short spans need more than whole seconds. */
export const span = seconds =>
  known(seconds) && seconds < 10 ? `${fixed(seconds, seconds < 1 ? 2 : 1)} s` : clock(seconds);

/** A short wait or limit in seconds, a longer one as a clock. */
export const seconds = value => known(value) && value < 120 ? `${plain(value)} s` : clock(value);

/** A span in words, for a screen reader: "7 minutes 54 seconds". */
export function spoken(seconds) {
  const whole = Math.round(seconds);
  const parts = [[Math.floor(whole / 3600), 'hour'], [Math.floor(whole / 60) % 60, 'minute'], [whole % 60, 'second']];
  const said = parts.filter(([n]) => n).map(([n, word]) => `${n} ${word}${n === 1 ? '' : 's'}`);
  return said.slice(0, 2).join(' ') || '0 seconds';
}

export const percent = (share, decimals = 1) => known(share) ? `${fixed(share * 100, decimals)} %` : DASH;

/** Rare things are read best per million, frequent ones as a share. */
export function rare(part, all) {
  if (!known(part) || !known(all) || all === 0) return DASH;
  const share = part / all;
  return share >= 0.001 ? percent(share, 2) : `${short(share * 1e6)} per million`;
}

/** "18 Mar 2026, 02:00:04" in the clock of the reader. */
export function moment(iso) {
  return dateText(iso, date => `${day(iso)} ${date.getFullYear()}, ${date.toLocaleTimeString('en-GB')}`);
}

export const day = iso => dateText(iso, date => date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' }));

/** "02:00" in the clock of the reader. */
export const minute = iso => dateText(iso, date => date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' }));

function dateText(iso, text) {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? DASH : text(date);
}

export const plural = (n, one, many = one + 's') => `${fixed(n)} ${n === 1 ? one : many}`;

/** A sentence of the server with its full stop. */
export const finished = text => !text || /[.!?]$/.test(text) ? text ?? '' : `${text}.`;

/** "disk_nearly_full" as a title. */
export function title(name) {
  const words = String(name).replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
