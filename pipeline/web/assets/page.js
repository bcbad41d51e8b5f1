'use strict';
const LOOK_MS = 1000, PICTURE_MS = 400, EVENTS_MS = 5000, PAGE = 60;
const $ = name => document.querySelector('#' + name);
const element = (name, content, parent, kind) => {
  const made = document.createElement(name);
  if (content !== undefined) made.textContent = content;
  if (kind) made.className = kind;
  if (parent) parent.append(made);
  return made;
};
const ask = async (path, options) => {
  const answer = await fetch(path, options);
  if (answer.status === 401) location.reload();
  const json = await answer.json();
  if (!answer.ok && answer.status !== 503) throw new Error(json.error || answer.status);
  return json;
};
const query = values => new URLSearchParams(Object.entries(values).filter(([, value]) => value !== '')).toString();
const percent = score => Math.round(100 * score) + ' %';
// Rounded first: 59.97 s are a minute, not 60.0 s.
const seconds = s => {
  const tenths = Math.round(10 * s), whole = Math.round(s);
  return tenths < 600 ? (tenths / 10).toFixed(1) + ' s' : Math.floor(whole / 60) + ' min ' + whole % 60 + ' s';
};
const span = s => {
  const steps = [[1, ' s', 60], [60, ' min', 60], [3600, ' h', 48], [86400, ' d', Infinity]];
  const [unit, name] = steps.find(([unit, , most]) => Math.floor(s / unit) < most);
  return Math.floor(s / unit) + name;
};
const clock = time => new Date(time).toLocaleTimeString();
const day = time => new Date(time).toLocaleDateString(undefined, {month: 'short', day: 'numeric'});

// Labels have the colours that they have in videos and reports; those of other networks follow.
const colors = new Map();
let palette = [];
function colorOf(label) {
  if (label && !colors.has(label) && palette.length) colors.set(label, palette[colors.size % palette.length]);
  return colors.get(label);
}
function paint(node, label) {
  const one = colorOf(label);
  node.style.setProperty('--color', one ? one.color : '');
  node.style.setProperty('--ink', one ? one.ink : '');
}

// Cameras: a tile each, made once and filled anew each second.
const tiles = new Map();
let kept = false;
function tile(name) {
  const made = {node: element('article', undefined, $('cameras'), 'tile'), seen: false, busy: false};
  made.node.setAttribute('aria-label', name);
  made.live = element('button', undefined, made.node, 'live');
  made.live.title = 'watch ' + name;
  made.live.onclick = () => watchLive(name);
  made.hint = element('span', 'no picture yet', made.live);
  made.img = element('img', undefined, made.live);
  made.img.alt = 'live picture of ' + name;
  made.img.hidden = true;
  made.what = element('span', undefined, made.live, 'what');
  made.what.hidden = true;
  const text = element('div', undefined, made.node, 'text');
  const line = element('div', undefined, text, 'name');
  element('b', name, line).title = name;
  made.state = element('span', undefined, line);
  made.numbers = element('div', undefined, text);
  made.error = element('div', undefined, text, 'error bad');
  watch.observe(made.node);
  made.node.dataset.name = name;
  return made;
}
const watch = new IntersectionObserver(entries => {
  for (const entry of entries) {
    const one = tiles.get(entry.target.dataset.name);
    if (one) one.seen = entry.isIntersecting;
  }
});
const kinds = {live: 'good', lost: 'bad', failed: 'bad', opening: 'wait', waiting: 'wait', ended: ''};
function fill(one, stream, now) {
  const since = stream.since ? (Date.parse(now) - Date.parse(stream.since)) / 1000 : 0;
  one.stream = stream;
  one.state.textContent = stream.state + (stream.since && stream.state !== 'live' ? ' for ' + span(Math.max(0, since)) : '');
  one.state.className = kinds[stream.state];
  one.numbers.textContent = [stream.fps.toFixed(1) + ' fps', Math.round(stream.latency_ms) + ' ms',
    stream.dropped + ' dropped', stream.events + (stream.events === 1 ? ' event' : ' events'),
    stream.reconnects ? stream.reconnects + ' reconnects' : ''].filter(Boolean).join(' · ');
  one.error.textContent = stream.error || '';
  const best = stream.event || (stream.top.length && !stream.none ? stream.top[0] : null);
  const sure = stream.state === 'live' || stream.state === 'opening';
  one.what.hidden = !best || !sure;
  paint(one.node, best && sure ? best.label : '');
  if (best) one.what.textContent = best.label + ' ' + percent(best.score) + (stream.event ? ', ' + seconds(stream.event.seconds) : '');
  if (stream.state !== 'live') {
    one.img.hidden = true;
    one.hint.textContent = stream.state === 'lost' ? 'lost; it is tried again' : stream.state;
  }
}
async function look() {
  try {
    const now = await ask('/api/streams');
    kept = now.events_kept;
    $('configure').hidden = !now.changeable;
    const names = new Set(now.streams.map(stream => stream.name));
    for (const [name, one] of tiles) if (!names.has(name)) { watch.unobserve(one.node); one.node.remove(); tiles.delete(name); }
    for (const stream of now.streams) {
      if (!tiles.has(stream.name)) tiles.set(stream.name, tile(stream.name));
      fill(tiles.get(stream.name), stream, now.time);
    }
    choices($('stream'), [...names]);
    $('reasons').textContent = now.troubles.join('\n');
    $('reasons').hidden = !now.troubles.length;
    const lost = now.streams.filter(stream => stream.state === 'lost' || stream.state === 'failed').length;
    const live = now.streams.filter(stream => stream.state === 'live').length;
    $('health').textContent = live + ' of ' + names.size + ' live' + (lost ? ', ' + lost + ' lost' : '') + ' · ' + clock(now.time);
    $('health').className = lost || now.troubles.length ? 'bad' : 'good';
  } catch (error) {
    $('health').textContent = 'the program does not answer';
    $('health').className = 'bad';
  }
  setTimeout(look, document.hidden ? 5 * LOOK_MS : LOOK_MS);
}
function choices(select, names) {
  const now = [...select.options].slice(1).map(option => option.value);
  if (now.length === names.length && names.every((name, i) => name === now[i])) return;
  const chosen = select.value;
  select.length = 1;
  for (const name of names) select.add(new Option(name, name));
  if (names.includes(chosen)) select.value = chosen;
}
// A picture is asked for when the last one is there, and only of tiles in view.
function pictures() {
  for (const [name, one] of tiles) {
    if (document.hidden || !one.seen || one.busy || !one.stream || one.stream.state !== 'live') continue;
    one.busy = true;
    const next = new Image();
    next.onload = () => {
      one.img.src = next.src;
      one.img.hidden = one.stream.state !== 'live';
      one.busy = false;
    };
    next.onerror = () => { setTimeout(() => { one.busy = false; }, PICTURE_MS); };
    next.src = '/api/picture?' + query({stream: name, at: Date.now()});
  }
  setTimeout(pictures, PICTURE_MS);
}

// One camera, larger, with what was found drawn on it.
function watchLive(name) {
  $('watch-title').textContent = name;
  const video = element('img', undefined, document.querySelector('#watch .film'));
  video.alt = 'live video of ' + name;
  video.src = '/api/streams/' + encodeURIComponent(name) + '/video';
  $('watch').showModal();
}
$('watch').onclose = () => {
  for (const video of document.querySelectorAll('#watch img')) {
    video.src = 'data:,';  // else the connection stays
    video.remove();
  }
};
for (const dialog of [$('watch'), $('settings')]) {
  dialog.querySelector('.shut').onclick = () => dialog.close();
  dialog.onclick = event => { if (event.target === dialog) dialog.close(); };
}

// Events: a timeline a camera, and a card each, the newest first.
let shown = [], cards = new Map(), more = false;
const named = event => event.corrected === undefined ? event.label : event.corrected || 'none of the classes';
const filter = () => ({stream: $('stream').value, label: $('label').value, since: $('since').value});
async function history() {
  if (kept && !document.hidden && !$('viewer').open) {
    try {
      const now = await ask('/api/events?' + query({...filter(), limit: Math.max(PAGE, shown.length)}));
      shown = now.events;
      more = now.more;
      draw();
      await timeline(shown.slice(-1).map(event => [event.number, event.state]));
    } catch (error) { /* look() says that nobody answers */ }
  }
  $('none').hidden = shown.length > 0;
  $('none').textContent = kept ? 'Nothing yet.' : 'No events are kept: the pipeline has no node `store`.';
}
async function earlier() {
  const now = await ask('/api/events?' + query({...filter(), limit: PAGE, before: shown[0].number}));
  shown = now.events.concat(shown);
  more = now.more;
  draw();
}
function card(event) {
  const made = element('button');
  made.img = element('img', undefined, made, 'shot');
  made.img.alt = '';
  made.img.loading = 'lazy';
  made.text = element('span', undefined, made);
  made.onclick = () => view(event.number);
  return made;
}
function draw() {
  const list = $('events'), old = cards;
  cards = new Map();
  for (const event of [...shown].reverse()) {
    const made = old.get(event.number) || card(event);
    old.delete(event.number);
    cards.set(event.number, made);
    const picture = event.picture ? '/api/events/' + event.number + '/picture?' + event.state : '';
    if ((made.img.getAttribute('src') || '') !== picture) {
      if (picture) made.img.src = picture; else made.img.removeAttribute('src');
    }
    const length = event.end === null ? 'under way' : seconds(event.end - event.start) + (event.state === 'interrupted' ? ', interrupted' : '');
    made.text.replaceChildren();
    element('b', named(event), made.text);
    made.text.append(event.corrected === undefined ? ' ' + percent(event.score) : ' ✓', document.createElement('br'),
      event.stream, document.createElement('br'), day(event.time) + ' ' + clock(event.time) + ', ' + length);
    paint(made, named(event));
  }
  for (const [, gone] of old) gone.remove();
  let at = list.firstElementChild;
  for (const [, made] of cards) {
    if (made === at) at = at.nextElementSibling; else list.insertBefore(made, at);
  }
  walk(list);
  $('more').hidden = !more;
}
// One stop of the Tab key for all cards; arrows go on from there.
function walk(list) {
  const buttons = [...list.children];
  const current = buttons.includes(document.activeElement) ? document.activeElement : buttons[0];
  for (const one of buttons) one.tabIndex = one === current ? 0 : -1;
}
$('events').onfocusin = event => {
  for (const one of $('events').children) one.tabIndex = one === event.target ? 0 : -1;
};
$('events').onkeydown = event => {
  const list = [...$('events').children], at = list.indexOf(document.activeElement);
  const to = {ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0,
    End: list.length - 1}[event.key];
  if (to === undefined || !list[to]) return;
  event.preventDefault();
  list[to].focus();
};

// One event: its clip, and what a person says of it.
let viewed = null;
const OTHER = '\n';
async function view(number) {
  try {
    viewed = await ask('/api/events/' + number);
  } catch (error) {
    return history();
  }
  const film = $('film');
  film.replaceChildren();
  if (viewed.clip) {
    const video = element('video', undefined, film);
    video.controls = video.autoplay = video.muted = video.playsInline = true;
    video.onerror = () => { element('p', 'This browser cannot play the clip; it is ' + viewed.clip + ' in the state folder.', film, 'bad'); };
    video.src = '/api/events/' + number + '/clip';
  } else if (viewed.picture) {
    const picture = element('img', undefined, film);
    picture.alt = named(viewed);
    picture.src = '/api/events/' + number + '/picture';
  }
  $('right').replaceChildren();
  const names = [...new Set([...colors.keys(), viewed.label])].filter(name => name !== 'none of the classes');
  for (const name of names) $('right').add(new Option(name, name));
  $('right').add(new Option('none of these', ''));
  $('right').add(new Option('a new class …', OTHER));
  tell();
  $('said').textContent = viewed.clip ? '' : 'It has no clip, so lists of training data leave it out.';
  $('viewer').showModal();
}
function tell() {
  $('viewer-title').textContent = named(viewed) + ', ' + viewed.stream;
  $('facts').textContent = day(viewed.time) + ' ' + clock(viewed.time) + ', ' +
    (viewed.end === null ? 'under way' : seconds(viewed.end - viewed.start)) + ' · the network said ' + viewed.label + ', ' + percent(viewed.score);
  $('right').value = viewed.corrected === undefined ? viewed.label : viewed.corrected;
  $('other').hidden = true;
  $('undo').hidden = viewed.corrected === undefined;
}
async function correct(label, fresh = false) {
  try {
    const changed = await ask('/api/events/' + viewed.number + '/label',
      {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({label, new: fresh})});
    shown = shown.map(event => event.number === changed.number ? changed : event);
    viewed = changed;
    if (label && !colors.has(label)) { paint($('right'), label); $('right').add(new Option(label, label), 0); }
    tell();
    $('said').textContent = label === null ? 'Taken back.' :
      'Kept: ' + (changed.clip ? changed.clip + ' stands in labelled.txt of the state folder.' : 'without a clip.');
    draw();
    drawn = {};  // its bar changes colour at once
    await timeline();
  } catch (error) {
    $('said').textContent = error.message;
  }
}
$('right').onchange = () => { $('other').hidden = $('right').value !== OTHER; if (!$('other').hidden) $('other').focus(); };
$('correction').onsubmit = event => {
  event.preventDefault();
  const fresh = $('right').value === OTHER;
  correct(fresh ? $('other').value.trim() : $('right').value, fresh);
};
$('undo').onclick = () => correct(null);
$('close').onclick = () => $('viewer').close();
$('viewer').onclick = event => { if (event.target === $('viewer')) $('viewer').close(); };
$('viewer').onclose = () => {
  $('film').replaceChildren();
  const made = viewed && cards.get(viewed.number);
  if (made) made.focus();
};
$('more').onclick = earlier;
for (const name of ['stream', 'label', 'since']) $(name).onchange = () => { shown = []; history(); };

(async () => {
  const {labels} = await ask('/api/labels');
  palette = labels.map(one => ({color: one.color, ink: one.ink}));
  for (const one of labels) colors.set(one.label, one);
  choices($('label'), labels.map(one => one.label));
  await look();
  pictures();
  for (;;) {
    await history();
    await new Promise(resume => setTimeout(resume, EVENTS_MS));
  }
})();
