// The connection to the run. It closes in a hidden tab and comes back with a fresh snapshot.

const EVENTS = ['snapshot', 'tick', 'point', 'mark', 'alert', 'bad', 'end'];
const QUIET_S = 3; // without a tick for so long, the page says so
const DEAD_S = 10; // an open connection that is silent for so long is given up
const LONGEST_WAIT_S = 30;

export class Stream {
  /** `handler(event, data)` gets the events, `watch(link)` the state of the line. */
  constructor(handler, watch) {
    this.handler = handler;
    this.watch = watch;
    this.wait = 1;
    this.heard = null;
    this.over = false;
    document.addEventListener('visibilitychange', () => this.turn());
    setInterval(() => this.check(), 1000);
    this.turn();
  }

  get hidden() {
    return document.visibilityState === 'hidden';
  }

  turn() {
    if (this.over) return;
    if (this.hidden) this.close();
    else this.open();
  }

  open() {
    if (this.source || this.over || this.hidden) return;
    clearTimeout(this.timer);
    const source = this.source = new EventSource('api/events');
    this.opened = Date.now();
    for (const name of EVENTS) source.addEventListener(name, event => this.receive(name, event));
    source.onerror = () => this.retry();
  }

  close() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  receive(name, event) {
    let data;
    try {
      data = JSON.parse(event.data);
    } catch {
      return; // a broken event is skipped; the next snapshot heals the page
    }
    if (name === 'snapshot' || name === 'tick') {
      this.heard = Date.now();
      this.wait = 1;
      this.watch({ live: true });
    }
    if (name === 'end') {
      this.over = true;
      this.close();
    }
    this.handler(name, data);
  }

  /** Tries after 1, 2, 4 … 30 s. The browser's own retries are too steady for a server that is gone. */
  retry() {
    this.close();
    if (this.over || this.hidden) return;
    this.timer = setTimeout(() => this.open(), this.wait * 1000);
    this.wait = Math.min(LONGEST_WAIT_S, this.wait * 2);
  }

  check() {
    if (this.over || this.hidden) return;
    const quiet = this.heard === null ? null : Math.floor((Date.now() - this.heard) / 1000);
    if (quiet === null || quiet >= QUIET_S) this.watch({ live: false, quiet });
    const silent = Date.now() - Math.max(this.heard ?? 0, this.opened);
    if (this.source && silent > DEAD_S * 1000) this.retry();
  }
}

/** Asks once for everything, when the events alone cannot tell. */
export async function fetchSnapshot() {
  const answer = await fetch('api/snapshot');
  if (!answer.ok) throw new Error(`snapshot: ${answer.status}`);
  return answer.json();
}
