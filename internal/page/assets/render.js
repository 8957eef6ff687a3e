// From data to elements. Text only ever becomes text nodes.
import { evidence, headroom, length, splitBrains, stamp } from './parse.js';

export function el(name, attributes = {}, ...children) {
  const e = document.createElement(name);
  for (const [k, v] of Object.entries(attributes)) {
    if (v !== undefined && v !== false) e.setAttribute(k, v === true ? '' : v);
  }
  e.append(...children.filter((c) => c !== null && c !== undefined && c !== ''));
  return e;
}

const age = (then, now) => length(Math.max(0, Math.floor((new Date(now) - new Date(then)) / 1000)));

export function banner(box, status) {
  const lines = splitBrains(status).map((i) =>
    `SPLIT BRAIN: ${i.name} is master here and another node claims its addresses. Run: xvrrp explain ${i.name}`);
  if (status.reload && status.reload.ok === false && status.reload.error) {
    lines.push(`The last reload failed and changed nothing: ${status.reload.error}`);
  }
  const text = lines.join('\n');
  if (box.dataset.text !== text) { // an alert is read aloud once
    box.dataset.text = text;
    box.replaceChildren(...lines.map((l) => el('p', {}, l)));
    box.hidden = lines.length === 0;
  }
}

// cards shows the instances; what a person has opened stays open.
export function cards(box, status) {
  const open = new Set([...box.querySelectorAll('details[open]')].map((d) => d.dataset.of));
  const focus = document.activeElement?.dataset?.of;
  box.replaceChildren(...status.instances.map((i) => card(i, status.now, open.has(i.name))));
  if (status.instances.length === 0) box.append(el('p', { class: 'soft' }, 'There are none.'));
  if (focus) box.querySelector(`summary[data-of="${CSS.escape(focus)}"]`)?.focus();
}

function card(i, now, open) {
  const m = i.master;
  const left = headroom(i);
  const c = el('article', { class: `card ${i.state}${i.split_brain ? ' split' : ''}` },
    el('header', {}, el('h3', {}, i.name), el('span', { class: `state ${i.state}` }, i.state)),
    el('p', {}, `since ${stamp(i.since)} (${age(i.since, now)}): ${(i.reason || 'no reason').replaceAll('_', ' ')}`),
    i.faults?.length ? el('p', { class: 'down' }, i.faults.join(', ')) : '',
    el('p', {}, m ? (m.self ? 'this node is master' : `master ${m.address}, priority ${m.priority}, last advert ${length(m.last_advert_age)} ago`) : 'no master is known'));
  if (left !== null) {
    c.append(el('meter', { min: 0, max: 1, low: 0.2, optimum: 1, value: left.toFixed(3), 'aria-label': 'time left before a takeover' },
      `${Math.round(left * 100)} %`));
  }
  c.append(el('ul', { class: 'vips', 'aria-label': `addresses of ${i.name}` }, ...i.vips.map((v) => vip(i, v))));
  const priority = i.priority === i.configured_priority ? `${i.priority}` : `${i.priority} (configured ${i.configured_priority})`;
  c.append(el('p', { class: 'soft' },
    `${i.interface}, VRID ${i.vrid}, ${i.family.replace('ipv', 'IPv')}, version ${i.version}, priority ${priority}, every ${length(i.advert_interval)}, by ${i.dataplane}`));
  c.append(el('details', { 'data-of': i.name, open }, el('summary', { 'data-of': i.name }, 'Counters'), counters(i.counters)));
  return c;
}

function vip(i, v) {
  const missing = i.state === 'MASTER' && !v.held;
  const state = v.held ? 'held' : missing ? 'MISSING' : 'not held';
  const contested = v.held && v.conflict;
  const other = !v.conflict ? '' : v.held ? `, also claimed by ${v.conflict}` : `; ${v.conflict} claims it`;
  return el('li', { class: contested || missing ? 'missing' : v.held ? 'up' : 'soft' }, `${v.address} ${state}${other}`);
}

function counters(n) {
  const rows = [['Adverts received', n.received], ['Adverts sent', n.sent], ['Goodbyes received', n.priority_zero_received],
    ['Goodbyes sent', n.priority_zero_sent], ['Became master', n.became_master], ['Left master', n.released_master],
    ['Announcements', n.announced], ['False failovers avoided', n.late_wakeups_absorbed], ['Takeovers held back', n.guard_holds],
    ...Object.entries(n.rejected ?? {}).map(([why, count]) => [`Refused: ${why}`, count])];
  return el('dl', {}, ...rows.flatMap(([k, v]) => [el('dt', {}, k), el('dd', {}, String(v ?? 0))]));
}

export function entry(e) {
  const what = e.kind === 'transition'
    ? [el('span', { class: `state ${e.to}` }, `${e.from || '?'} → ${e.to}`), ` ${e.text || e.reason}`]
    : [e.kind === 'split_brain' ? 'two masters: ' : '', plain(e)];
  return el('li', { class: e.kind },
    el('time', { datetime: e.time }, stamp(e.time)),
    el('strong', {}, e.instance || e.group || 'daemon'), ' ', ...what,
    evidence(e) ? el('span', { class: 'evidence' }, evidence(e)) : '');
}

// plain is the text without the name, which stands before it already.
function plain(e) {
  const text = e.text || e.reason || e.kind, name = `(${e.instance}) `;
  return text.startsWith(name) ? text.slice(name.length) : text;
}

export function kernel(body, status, before) {
  const modes = Object.fromEntries((status.dataplanes ?? []).map((d) => [d.interface, d.mode + (d.reason ? ` (${d.reason})` : '')]));
  body.replaceChildren(...(status.kernel ?? []).map((k) => {
    const key = `${k.interface}/${k.verdict}`;
    const rate = before.has(key) ? k.packets - before.get(key) : 0;
    before.set(key, k.packets);
    return el('tr', {}, el('td', {}, k.interface), el('td', {}, modes[k.interface] ?? ''), el('td', {}, k.verdict),
      el('td', { class: 'number' }, String(k.packets)), el('td', { class: 'number' }, rate > 0 ? `+${rate}` : ''));
  }));
}

export function trackers(section, body, status) {
  const list = status.trackers ?? [];
  section.hidden = list.length === 0;
  body.replaceChildren(...list.map((t) => el('tr', {}, el('td', {}, `${t.kind} ${t.name}`),
    el('td', { class: t.known ? (t.up ? 'up' : 'down') : 'unknown' }, t.known ? (t.up ? 'up' : 'down') : 'not known yet'),
    el('td', { class: 'number' }, t.weight ? String(t.weight) : ''), el('td', {}, t.text ?? ''))));
}

const svg = (name, attributes, ...children) => {
  const e = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  e.append(...children);
  return e;
};

// plot draws the buckets of one histogram that have anything in them, and some around them: a bar tells by where it
// stands, too.
export function plot(title, buckets) {
  const first = buckets.findIndex((b) => b.count > 0);
  const box = el('article', { class: 'card plain' }, el('h3', {}, title));
  if (first < 0) {
    box.append(el('p', { class: 'soft' }, 'nothing measured yet'));
    return box;
  }
  let last = buckets.length - 1;
  while (buckets[last].count <= 0) last--;
  const all = buckets.reduce((n, b) => n + b.count, 0);
  const from = Math.max(0, Math.min(first - 2, last - 9));
  const shown = buckets.slice(from, Math.max(last + 3, from + 12));
  const most = Math.max(...shown.map((b) => b.count));
  const width = 320, height = 96, bar = width / shown.length;
  const picture = svg('svg', { class: 'plot', viewBox: `0 0 ${width} ${height + 14}`, role: 'img' });
  picture.append(svg('title', {}, `${title}: ` + shown.filter((b) => b.count > 0).map((b) => `${b.count} up to ${label(b)}`).join(', ')),
    svg('line', { x1: 0, y1: height, x2: width, y2: height }));
  const every = Math.ceil(shown.length / 6);
  shown.forEach((b, n) => {
    const high = Math.max(b.count > 0 ? 1 : 0, Math.sqrt(b.count / most) * (height - 4));
    picture.append(svg('rect', { x: n * bar + 1, y: height - high, width: Math.max(1, bar - 2), height: high }));
    if (n % every === 0) picture.append(svg('text', { x: (n + 1) * bar, y: height + 11, 'text-anchor': n > shown.length - 2 ? 'end' : 'middle' }, label(b)));
  });
  box.append(picture, el('p', { class: 'soft' }, `${all} counted; the highest bar is ${most}; the slowest took up to ${label(buckets[last])}`));
  return box;
}

function label(b) { return b.le === Infinity ? 'more' : length(b.le); }
