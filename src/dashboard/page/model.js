// What the page knows of the run: the last snapshot, brought forward by the events.

export const KINDS = ['code_stacks', 'heap_other', 'buffers', 'arenas', 'codec', 'mapped'];
export const STATES = ['converting', 'waiting_target', 'waiting_input', 'held_back'];
const SEVERITIES = ['info', 'warning', 'critical'];
const RECENT_S = 60;
const ENDED = ['done', 'failed', 'stopped'];

const sum = values => values.reduce((a, b) => a + b, 0);
const isNumber = value => typeof value === 'number' && Number.isFinite(value);

/** The sum of what is known; unknown only when nothing is. */
export function sumOf(object, names) {
  const values = names.map(name => object?.[name]).filter(isNumber);
  return values.length ? sum(values) : undefined;
}

export class Model {
  constructor() {
    this.clear();
  }

  clear() {
    this.now = {};
    this.series = { step_s: 0.5, t0: 0, columns: {}, length: 0 };
    this.marks = new Map();
    this.alerts = new Map();
    this.recent = [];
    this.end = null;
  }

  /** A snapshot replaces everything but the last minute, which the page gathers itself. Returns whether the run is a new one. */
  snapshot(data) {
    const isNew = this.now.run !== undefined && data.run !== this.now.run;
    if (isNew || data.t < (this.now.t ?? 0)) this.recent = [];
    if (isNew) this.end = null;
    this.now = data;
    this.series = readSeries(data.series);
    this.marks = new Map((data.marks ?? []).map(mark => [mark.seq, mark]));
    this.alerts = new Map((data.alerts ?? []).map(alert => [alert.rule, alert]));
    if (!this.recent.length) this.seedRecent();
    this.remember();
    return isNew;
  }

  /** A key of a tick replaces the whole key; `null` says that it is unknown from now on. */
  tick(data) {
    Object.assign(this.now, data);
    this.remember();
  }

  /** Appends a point; returns false when the server has to be asked for the series again. */
  point(data) {
    const { series } = this;
    const due = series.t0 + series.length * series.step_s;
    if (data.halved) return false;
    if (isNumber(data.t) && data.t < due - series.step_s / 2) return true; // came with the snapshot already
    if (isNumber(data.t) && data.t > due + series.step_s / 2) return false; // one was missed
    for (const [name, value] of Object.entries(data)) {
      if (name === 't' || name === 'step_s') continue;
      series.columns[name] ??= new Array(series.length).fill(null);
      series.columns[name].push(value);
    }
    series.length += 1;
    for (const column of Object.values(series.columns)) {
      if (column.length < series.length) column.push(null);
    }
    return true;
  }

  mark(data) {
    this.marks.set(data.seq, { ...this.marks.get(data.seq), ...data });
  }

  alert(data) {
    this.alerts.set(data.rule, { ...this.alerts.get(data.rule), ...data });
  }

  bad(data) {
    const { by_reason, by_place, place_step, latest, ...entry } = data;
    const bad = this.now.bad ??= {};
    Object.assign(bad, Object.fromEntries(
      Object.entries({ by_reason, by_place, place_step }).filter(([, value]) => value !== undefined)));
    if (Array.isArray(latest)) bad.latest = latest;
    else if (Object.keys(entry).length) bad.latest = [entry, ...(bad.latest ?? [])];
    bad.latest = bad.latest?.slice(0, 6);
  }

  finish(data) {
    this.end = data;
  }

  // What is drawn.

  /** One number a moment for the sparklines; the tiles show the last 60 s. */
  remember() {
    const { t, state, rate, latency_us, records } = this.now;
    if (!isNumber(t) || ENDED.includes(state)) return; // the last minute of the run stays
    this.recent.push({ t, read: rate?.read, written: rate?.written, records: rate?.records, p50: latency_us?.p50, bad: records?.bad });
    while (this.recent[0].t < t - RECENT_S) this.recent.shift();
  }

  /** After opening the page the series has to stand in for the minute that was not seen. */
  seedRecent() {
    const { columns, length } = this.series;
    for (let i = 0; i < length; i += 1) {
      const t = this.timeOf(i);
      if (t < this.now.t - RECENT_S || t >= this.now.t) continue;
      this.recent.push({ t, read: columns.read?.[i], written: columns.written?.[i], records: columns.records?.[i], p50: columns.p50_us?.[i] });
    }
  }

  timeOf(index) {
    return this.series.t0 + (index + 0.5) * this.series.step_s;
  }

  /** The end of the time axis. */
  get until() {
    return Math.max(this.now.t ?? 0, 1);
  }

  /**
   * Times and values with one more at the present moment, so that curves reach the right edge.
   * Latencies of a tick are of 10 s and don't fit beside those of a point, nor do rates after the end.
   */
  times() {
    const { length } = this.series;
    const times = Array.from({ length }, (_, i) => this.timeOf(i));
    return [...times, Math.max(this.until, times.at(-1) ?? 0)];
  }

  values(name) {
    const column = this.series.columns[name];
    const live = this.live(name);
    if (!column && live === undefined) return null;
    const values = column ?? new Array(this.series.length).fill(null);
    return [...values, live ?? values.at(-1) ?? null];
  }

  live(name) {
    if (this.end || /_us$/.test(name)) return undefined;
    const base = name.replace(/_(min|max)$/, '');
    const { rate, memory, workers } = this.now;
    return rate?.[base] ?? (KINDS.includes(name) ? memory?.[name] : undefined) ?? workers?.[name];
  }

  get resident() {
    return sumOf(this.now.memory, KINDS);
  }

  /** How many workers there are; after the end, how many there were. */
  get allWorkers() {
    const now = sumOf(this.now.workers, STATES);
    if (now !== 0) return now;
    const columns = STATES.map(state => this.series.columns[state]).filter(Boolean);
    return Math.round(Math.max(0, ...(columns[0] ?? []).map((_, i) => sum(columns.map(column => column[i] ?? 0)))));
  }

  /** The resident size of each point: the sum of the kinds that are known. */
  residents() {
    const columns = KINDS.map(kind => this.values(kind)).filter(Boolean);
    return columns[0]?.map((_, i) => sumOf(columns.map(column => column[i]), [...columns.keys()])) ?? null;
  }

  /** The mean of the run; what an earlier attempt had read does not count. */
  mean(name) {
    const { t, bytes, records } = this.now;
    const all = name === 'records' ? records?.read : bytes?.[name];
    const before = bytes?.resumed_from && name === 'read' ? bytes.resumed_from : 0;
    return isNumber(all) && t > 0 ? (all - before) / t : undefined;
  }

  share() {
    const { size, read } = this.now.bytes ?? {};
    return isNumber(size) && isNumber(read) && size > 0 ? Math.min(1, read / size) : undefined;
  }

  /** Alerts that are raised, the most severe first. */
  get active() {
    const rank = alert => SEVERITIES.indexOf(alert.severity);
    return [...this.alerts.values()].filter(alert => alert.state === 'active').sort((a, b) => rank(b) - rank(a));
  }

  /** Marks by time, too many of a kind as one, each with the letter that links its flag to the list. */
  lettered() {
    const marks = folded([...this.marks.values()]);
    const letters = new Map();
    for (const mark of marks) {
      if (mark.kind === 'checkpoint' || mark.of !== undefined) continue;
      letters.set(mark.seq, letter(letters.size));
    }
    return marks.map(mark => ({ ...mark, letter: letters.get(mark.of ?? mark.seq) }));
  }
}

/** A, B … Z, AA, AB … */
function letter(index) {
  const last = String.fromCharCode(65 + index % 26);
  return index < 26 ? last : letter(Math.floor(index / 26) - 1) + last;
}

function readSeries(data = {}) {
  const columns = Object.fromEntries(Object.entries(data ?? {}).filter(([, value]) => Array.isArray(value)));
  const length = Math.max(0, ...Object.values(columns).map(column => column.length));
  for (const column of Object.values(columns)) {
    while (column.length < length) column.push(null);
  }
  return { step_s: data?.step_s ?? 0.5, t0: data?.t0 ?? 0, columns, length };
}

export const MANY = 40;

/** More than 40 marks of a kind become one with a count and the latest time. */
function folded(marks) {
  const out = [];
  for (const group of byKind(marks).values()) {
    const count = sum(group.map(mark => mark.count ?? 1));
    if (group.length <= MANY) out.push(...group);
    else out.push({ ...group.at(-1), end: undefined, count });
  }
  return out.sort((a, b) => a.t - b.t || a.seq - b.seq);
}

function byKind(marks) {
  const groups = new Map();
  for (const mark of marks) groups.set(mark.kind, [...(groups.get(mark.kind) ?? []), mark]);
  return groups;
}
