// What the answers mean: no document in here, so that it can be tested alone.

// length shows seconds like the command line does: 312.4 ms, 2.31 s, 4 m 12 s.
export function length(seconds) {
  if (!isFinite(seconds)) return '?';
  if (seconds < 0) return '-' + length(-seconds);
  if (seconds === 0) return '0 s';
  if (seconds < 1e-3) return trim((seconds * 1e6).toFixed(1)) + ' µs';
  if (seconds < 1) return trim((seconds * 1e3).toFixed(1)) + ' ms';
  if (seconds < 10) return trim(seconds.toFixed(2)) + ' s';
  const whole = Math.floor(seconds);
  if (whole < 60) return whole + ' s';
  if (whole < 3600) return pair(whole, 60, 'm', 1, 's');
  if (whole < 86400) return pair(whole, 3600, 'h', 60, 'm');
  return pair(whole, 86400, 'd', 3600, 'h');
}

function trim(text) { return text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text; }

function pair(n, big, bigName, small, smallName) {
  const rest = Math.floor((n % big) / small);
  return Math.floor(n / big) + ' ' + bigName + (rest ? ' ' + rest + ' ' + smallName : '');
}

// stamp shows a moment in the reader's own time, sortable: 2026-03-01 02:13:07.412.
export function stamp(time, fine = true) {
  const t = new Date(time), two = (n) => String(n).padStart(2, '0');
  const day = `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())}`;
  const clock = `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;
  return `${day} ${clock}${fine ? '.' + String(t.getMilliseconds()).padStart(3, '0') : ''}`;
}

// events reads JSON lines; a half line at the end is left out.
export function events(text) {
  const list = [];
  for (const line of text.split('\n')) {
    if (!line) continue;
    try { list.push(JSON.parse(line)); } catch { break; }
  }
  return list;
}

// evidence is what an event was decided from, in one line.
export function evidence(event) {
  const e = event.evidence;
  if (!e) return '';
  const parts = [];
  if (event.kind === 'transition' && event.reason === 'no_advert' && e.master) {
    parts.push(`last advert from ${e.master} (priority ${e.master_priority}) was ${length(e.last_advert_age)} old, limit ${length(e.limit)}`);
  } else if (e.master) {
    parts.push(`${e.master}, priority ${e.master_priority}`);
  }
  if (e.rejected) parts.push('refused: ' + Object.entries(e.rejected).map(([why, n]) => `${n} ${why}`).join(', '));
  if (e.faults) parts.push(e.faults.join(', '));
  if (e.mac) parts.push('MAC ' + e.mac);
  if (e.takeover) parts.push('complete in ' + length(e.takeover));
  return parts.join('; ');
}

// histograms picks one metric out of Prometheus' text: for each instance the
// upper bounds with the number of values in each bucket (not cumulative).
export function histograms(text, metric) {
  const found = new Map();
  for (const whole of text.split('\n')) {
    const line = whole.split(' # ')[0]; // an exemplar may follow
    if (!line.startsWith(metric + '_bucket{')) continue;
    const labels = Object.fromEntries([...line.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map((m) => [m[1], m[2]]));
    const count = Number(line.slice(line.lastIndexOf('}') + 1).trim().split(' ')[0]);
    if (!('le' in labels) || !isFinite(count)) continue;
    const name = labels.instance ?? '';
    if (!found.has(name)) found.set(name, []);
    found.get(name).push({ le: labels.le === '+Inf' ? Infinity : Number(labels.le), count });
  }
  for (const buckets of found.values()) {
    buckets.sort((a, b) => a.le - b.le);
    for (let i = buckets.length - 1; i > 0; i--) buckets[i].count -= buckets[i - 1].count;
  }
  return found;
}

// headroom is how much of the down interval is left, from 1 to 0; null when
// nobody is waited for.
export function headroom(instance) {
  const m = instance.master;
  if (!m || m.self || !(instance.master_down_interval > 0)) return null;
  return Math.min(1, Math.max(0, 1 - m.last_advert_age / instance.master_down_interval));
}

// splitBrains are the instances whose addresses another node claims.
export function splitBrains(status) { return (status.instances ?? []).filter((i) => i.split_brain); }
