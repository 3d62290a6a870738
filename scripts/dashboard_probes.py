"""What the checks of the dashboard ask the page, in JavaScript."""

LIVE = "document.getElementById('link').textContent.startsWith('live') && document.querySelector('#elapsed').textContent !== '–'"

# Texts that lie over each other. Notes on the charts and what is clipped on purpose don't count.
OVERLAPS = r"""(() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const boxes = [];
  for (let node; node = walker.nextNode();) {
    const parent = node.parentElement;
    if (!node.textContent.trim() || parent.closest('.unseen, .skip, .over, .raw, .upto, details:not([open]) > div, noscript')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) if (box.width > 1) boxes.push([box, node.textContent.trim()]);
  }
  const found = [];
  boxes.forEach(([a, textA], i) => boxes.slice(i + 1).forEach(([b, textB]) => {
    const x = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (x > 2 && y > 4) found.push(textA + ' | ' + textB);
  }));
  return found;
})()"""

# Notes that leave their chart; to the left they may reach into the axis a little.
STRAY_NOTES = r"""[...document.querySelectorAll('.note span')].filter(note => {
  const [a, b] = [note.getBoundingClientRect(), note.closest('.area').getBoundingClientRect()];
  return a.right > b.right + 2 || a.left < b.left - 14 || a.top < b.top - 2 || a.bottom > b.bottom + 2;
}).map(note => note.textContent)"""

# Visible texts with a contrast under 4.5:1 against the nearest ground.
CONTRASTS = r"""(() => {
  const numbers = color => color.match(/[\d.]+/g).map(Number);
  const light = color => numbers(color).slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = node => {
    for (let at = node; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if ((numbers(color)[3] ?? 1) === 1) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const bad = [];
  for (const node of document.body.querySelectorAll('*')) {
    const own = [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim());
    if (!own || node.closest('.unseen, .skip, noscript, :disabled') || !node.getClientRects().length) continue;
    const [a, b] = [light(getComputedStyle(node).color), light(ground(node))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) bad.push(`${node.textContent.trim().slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return bad;
})()"""

FOCUS = """(() => { const at = document.activeElement;
  return [...document.querySelectorAll('*')].indexOf(at) + '|' + at.tagName + '|' + (at.id || at.getAttribute('href') || at.textContent.slice(0, 30)); })()"""

FAKE_VISIBILITY = """(state => { Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
  document.dispatchEvent(new Event('visibilitychange')); })"""

READ_LINE = "document.querySelector('#throughput .line.read').getAttribute('d')"
