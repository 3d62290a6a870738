// The little that the page needs on top of the DOM. Text enters through `textContent` alone.

const SVG = 'http://www.w3.org/2000/svg';

export const byId = id => document.getElementById(id);

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.filter(child => child !== undefined && child !== null));
  return node;
}

/** An HTML element; children that are strings become text nodes. */
export const html = (tag, attributes = {}, ...children) =>
  fill(document.createElement(tag), attributes, children);

export const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

/** A drawing that is stretched to its box; strokes keep their width by the style sheet. */
export const stretched = (width, height, ...children) =>
  svg('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' }, ...children);

/** Writes only what changed: a live region speaks again at every write. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** The same for a sentence of the server; a flag in it is set as code, so that it is not broken after its dashes. */
export function sentence(node, text) {
  if (node.textContent === text) return;
  node.replaceChildren(...text.split(/(--[a-z][\w-]*)/).map((part, i) => i % 2 ? html('code', {}, part) : part));
}

export function set(node, name, value) {
  if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

export function show(node, visible) {
  if (node.hidden === visible) node.hidden = !visible;
}

/** `left` and the like through the CSSOM: the content policy forbids style attributes in the markup. */
export function place(node, styles) {
  for (const [name, value] of Object.entries(styles)) {
    if (node.style[name] !== value) node.style[name] = value;
  }
  return node;
}

/**
 * Makes the children of `parent` match `items`. A child is kept for as long as its key is there,
 * so that focus stays and a live region speaks of new entries only.
 */
export function keep(parent, items, keyOf, create, update) {
  const old = new Map([...parent.children].map(child => [child.dataset.key, child]));
  const seen = new Map();
  const keys = items.map(item => { // two of a key are told apart
    const key = String(keyOf(item));
    seen.set(key, (seen.get(key) ?? 0) + 1);
    return seen.get(key) === 1 ? key : `${key} ${seen.get(key)}`;
  });
  const kept = new Set(keys);
  for (const [key, child] of old) if (!kept.has(key)) child.remove(); // first, so that those that stay need not move
  items.forEach((item, index) => {
    const child = old.get(keys[index]) ?? create(item);
    child.dataset.key = keys[index];
    update(child, item, index);
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
}
