'use strict';
// All of the time that was asked for: a strip a camera, in which each class has a line of its own. A bar may be of
// several events: it is as dense as they are many, and opens the newest. Keyboards have the cards below.
const LANE = 8, NAMED_LANE = 18, ROW = 24, TOUCH = 16, LEAST_BAR = 2, LEAST_DENSITY = 0.5;
let drawn = {};

// What has changed shows in one of a strip's pixels, a stretch of time that need not be looked at more often.
async function timeline(newest) {
  const asked = query(filter()), key = asked + JSON.stringify(newest);
  const rest = key === drawn.key ? 60_000 : drawn.refresh;
  if (asked === drawn.asked && Date.now() - drawn.at < rest) return;
  const {since, until, streams} = await ask('/api/timeline?' + asked);
  const first = Date.parse(since), whole = Math.max(1, (Date.parse(until) - first) / 1000);
  drawn = {key, asked, at: Date.now(), refresh: Math.min(whole, 60_000)};
  const lines = $('lines');
  resized.disconnect();
  lines.replaceChildren();
  if (!streams.length) return;
  const most = streams.flatMap(stream => stream.bars).reduce((most, bar) => Math.max(most, bar.events), 1);
  for (const stream of streams) lines.append(strip(stream, {first, whole, most, named: streams.length === 1}));
  const row = element('div', undefined, lines, 'row');
  element('span', '', row);
  const scale = element('div', undefined, row, 'scale');
  element('span', day(first) + ' ' + clock(first), scale).title = since;
  element('span', 'now', scale);
}

function strip(stream, {first, whole, most, named}) {
  const row = element('div', undefined, undefined, 'row');
  element('span', stream.name, row).title = stream.name;
  const time = element('canvas', undefined, row, 'time');
  const labels = [...new Set(stream.bars.map(bar => bar.label))].sort();
  const lane = named ? NAMED_LANE : LANE;
  time.style.height = Math.max(ROW, lane * labels.length) + 'px';
  time.setAttribute('role', 'img');
  time.setAttribute('aria-label', stream.name + ': ' + labels.map(label => label || 'none of the classes').join(', '));
  const from = bar => first + 1000 * bar.start;
  const told = bar => (bar.label || 'none of the classes') + (bar.events > 1 ? ', ' + bar.events + ' events' : '') + ', ' +
    day(from(bar)) + ' ' + clock(from(bar));
  // In the strip's own pixels.
  const place = bar => {
    const height = time.clientHeight / labels.length, across = time.clientWidth / whole;
    const width = Math.max(LEAST_BAR, (bar.end - bar.start) * across);
    return {left: Math.min(bar.start * across, time.clientWidth - width), top: labels.indexOf(bar.label) * height, width, height};
  };
  time.bars = stream.bars.map(bar => ({...bar, told: told(bar), place: () => place(bar)}));
  time.redraw = () => {
    time.width = time.clientWidth * devicePixelRatio;
    time.height = time.clientHeight * devicePixelRatio;
    const pen = time.getContext('2d');
    pen.scale(devicePixelRatio, devicePixelRatio);
    for (const bar of stream.bars) {
      const {left, top, width, height} = place(bar), one = colorOf(bar.label);
      pen.globalAlpha = most === 1 ? 1 : LEAST_DENSITY + (1 - LEAST_DENSITY) * Math.log(bar.events) / Math.log(most);
      pen.fillStyle = one ? one.color : '#666';
      pen.fillRect(left, top, width, height - 1);
    }
    if (named) names(time, pen, labels);
  };
  const nearest = event => {
    const miss = bar => {
      const {left, top, width, height} = place(bar);
      return Math.hypot(Math.max(left - event.offsetX, 0, event.offsetX - left - width),
        Math.max(top - event.offsetY, 0, event.offsetY - top - height));
    };
    const best = time.bars.reduce((best, bar) => {
      const away = miss(bar);
      return away <= best.away ? {bar, away} : best;
    }, {away: TOUCH});
    return best.bar;
  };
  time.onmousemove = event => {
    const bar = nearest(event);
    time.title = bar ? bar.told : '';
    time.style.cursor = bar ? 'pointer' : '';
  };
  time.onclick = event => {
    const bar = nearest(event);
    if (bar) view(bar.number);
  };
  resized.observe(time);
  return row;
}

// What each line is of, where there is room to say so.
function names(time, pen, labels) {
  const style = getComputedStyle(time), height = time.clientHeight / labels.length;
  pen.font = '11px system-ui, sans-serif';
  pen.textBaseline = 'middle';
  labels.forEach((label, i) => {
    const text = label || 'none of the classes';
    pen.globalAlpha = 0.8;
    pen.fillStyle = getComputedStyle(document.body).backgroundColor;
    pen.fillRect(2, i * height + 2, pen.measureText(text).width + 8, height - 5);
    pen.globalAlpha = 1;
    pen.fillStyle = style.color;
    pen.fillText(text, 6, (i + 0.5) * height);
  });
}

const resized = new ResizeObserver(changes => changes.forEach(change => change.target.redraw()));
matchMedia('(prefers-color-scheme: dark)').onchange = () => {
  for (const time of document.querySelectorAll('.time')) time.redraw();
};
