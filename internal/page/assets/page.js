// The page: ask, draw, wait, as long as somebody looks.
import { events, histograms, stamp } from './parse.js';
import { banner, cards, entry, kernel, plot, trackers } from './render.js';

const $ = (id) => document.getElementById(id);
const kept = 200; // lines of the timeline
const counted = new Map();
let history = [], names = '', opened = null, latest = null, started = '';

async function ask(path) {
  const answer = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(5000) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer;
}

async function status() {
  const s = await (await ask('v1/status')).json();
  if (started && s.started_at !== started) { // another daemon: its history and its counts begin anew
    history = [];
    opened = latest = null;
  }
  started = s.started_at; // the first answer ends nothing: the other questions may have been answered before it
  $('host').textContent = s.router_id || s.hostname;
  $('daemon').textContent = `version ${s.version}, pid ${s.pid}, up since ${stamp(s.started_at, false)}`;
  banner($('banner'), s);
  document.title = `${s.instances.some((i) => i.split_brain) ? '⚠ ' : ''}${s.router_id || s.hostname} – xvrrp`;
  cards($('instances'), s);
  kernel($('kernel'), s, counted);
  trackers($('trackers-section'), $('trackers'), s);
  const now = s.instances.map((i) => i.name).join('\n');
  if (now !== names) choices((names = now).split('\n').filter(Boolean));
}

function choices(list) {
  const chosen = $('who').value;
  $('who').replaceChildren(new Option('all instances', ''), ...list.map((n) => new Option(n, n)));
  $('who').value = list.includes(chosen) ? chosen : '';
}

// More of the history than before: only what is new is asked for.
async function timeline() {
  const after = history.length ? history[0].seq : 0;
  const fresh = events(await (await ask(`v1/events?after=${after}&last=${kept}`)).text()).reverse();
  if (!fresh.length) return;
  history = [...fresh, ...history].slice(0, kept);
  draw(after ? fresh.length : 0);
}

function draw(fresh = 0) {
  const kind = $('kind').value, who = $('who').value;
  $('timeline').replaceChildren(...history.map((e, n) => {
    if (kind && e.kind !== kind || who && e.instance !== who) return null;
    const line = entry(e);
    if (n < fresh) line.classList.add('fresh');
    return line;
  }).filter(Boolean));
}

const metrics = [['xvrrp_advert_interarrival_seconds', 'between adverts'], ['xvrrp_timer_lateness_seconds', 'deadlines late by']];

// Since the page was opened, unless the reader wants all: then what was counted before is taken away.
async function timing() {
  const text = await (await ask('metrics')).text();
  latest = new Map(metrics.map(([m]) => [m, histograms(text, m)]));
  opened ??= latest;
  plots();
}

function plots() {
  if (!latest) return;
  const since = $('since').value === 'opened' ? opened : new Map();
  const all = [];
  for (const [metric, title] of metrics) {
    for (const [instance, buckets] of latest.get(metric)) {
      const base = since.get(metric)?.get(instance) ?? [];
      all.push(plot(`${instance}: ${title}`, buckets.map((b, n) => ({ le: b.le, count: b.count - (base[n]?.count ?? 0) }))));
    }
  }
  $('plots').replaceChildren(...all);
}

function lost(error) {
  $('link').textContent = `no answer (${error.message}); what is shown is old`;
  $('link').className = 'lost';
  document.body.classList.add('old');
}

// repeat asks again and again, and not while nobody looks.
async function repeat(what, every, says) {
  for (;;) {
    if (!document.hidden) {
      try {
        await what();
        if (says) {
          $('link').textContent = `live, ${stamp(new Date(), false).slice(11)}`;
          $('link').className = '';
          document.body.classList.remove('old');
        }
      } catch (error) {
        if (says) lost(error);
      }
    }
    await new Promise((done) => setTimeout(done, every));
  }
}

$('kind').addEventListener('change', () => draw());
$('who').addEventListener('change', () => draw());
$('since').addEventListener('change', plots);
repeat(status, 1000, true);
repeat(timeline, 1500, false);
repeat(timing, 5000, false);
