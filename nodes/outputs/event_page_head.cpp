#include "nodes/outputs/event_page_head.h"

#include <nlohmann/json.hpp>

#include "base/text/json_text.h"
#include "base/text/label_color.h"

namespace actionflow {

namespace {

constexpr std::string_view kStyle = R"HTML(
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; media-src 'self' file:; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<link rel="icon" href="data:,"><title>What happens</title>
<style>
:root { color-scheme: light dark; --soft: #8882; --line: #8886; --bad: light-dark(#b3261e, #ff8a80); }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1280px; margin: 1.5rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; } h2 small { font-weight: 400; }
button { font: inherit; color: inherit; border: 0; padding: 0; cursor: pointer; }
button:focus-visible { outline: 3px solid currentColor; outline-offset: 1px; }
#labels { display: flex; flex-wrap: wrap; gap: .4rem; margin-bottom: 1rem; }
#labels button { padding: .1rem .6rem; border-radius: 1rem; border: 2px solid var(--color); background: none;
  max-width: 100%; overflow-wrap: anywhere; }
#labels button[aria-pressed=true] { background: var(--color); color: var(--ink); }
section { display: flex; flex-wrap: wrap; gap: 1rem; padding: 1rem 0; border-top: 1px solid var(--line);
  content-visibility: auto; contain-intrinsic-size: auto 260px; }
.film { width: min(340px, 100%); align-self: flex-start; position: sticky; top: .5rem; z-index: 1; }
video { display: block; width: 100%; max-height: 260px; background: #000; }
.found { flex: 1; min-width: min(420px, 100%); }
.time { position: relative; height: 26px; margin: .6rem 0 .2rem; background: var(--soft); border-radius: 4px; overflow: hidden; }
.time button { position: absolute; top: 0; bottom: 0; min-width: 3px; border-radius: 3px; overflow: hidden;
  background: var(--color); color: var(--ink); font-size: 11px; text-align: left; text-indent: 3px; white-space: nowrap; }
.time i { position: absolute; top: 0; bottom: 0; width: 2px; background: currentColor; left: 0; }
.scale { display: flex; justify-content: space-between; font-size: 12px; opacity: .7; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(132px, 1fr)); gap: .5rem; margin-top: .5rem; }
.cards button { max-width: 180px; text-align: left; background: var(--soft); border-radius: 6px; overflow: hidden;
  border-top: 6px solid var(--color); font-size: 13px; line-height: 1.35; align-self: start; }
.cards button:hover, .cards button.now { background: var(--line); }
.cards img { display: block; width: 100%; aspect-ratio: 4 / 3; object-fit: contain; background: #000; }
.cards span { display: block; padding: .25rem .5rem .4rem; overflow-wrap: anywhere; font-size: 12px; }
.cards b { font-size: 13px; }
@media (max-width: 800px) { .film { width: 100%; } .cards button { max-width: none; } }
.error { color: var(--bad); overflow-wrap: anywhere; } .hidden { display: none; }
</style>
<h1>What happens</h1><div id="labels"></div><main></main>
<noscript>This page draws what it holds by a script.</noscript>
)HTML";

constexpr std::string_view kScript = R"HTML(<script>
'use strict';
const clock = t => {
  const s = Math.floor(t % 60).toString().padStart(2, '0'), m = Math.floor(t / 60) % 60, h = Math.floor(t / 3600);
  return (h ? h + ':' + m.toString().padStart(2, '0') : m) + ':' + s + '.' + Math.floor(t * 10 % 10);
};
const element = (name, content, parent) => {
  const made = document.createElement(name);
  if (content !== undefined) made.textContent = content;
  if (parent) parent.append(made);
  return made;
};
const labels = new Map();
function film(stream, few, section) {
  const place = element('div', undefined, section);
  place.className = 'film';
  const video = element('video', undefined, place);
  video.controls = true;
  video.muted = true;
  video.playsInline = true;
  video.preload = few ? 'metadata' : 'none';
  video.setAttribute('aria-label', stream.stream);
  video.onplay = () => {
    for (const other of document.querySelectorAll('video')) if (other !== video) other.pause();
  };
  video.onerror = () => {
    if (!place.querySelector('.error'))
      element('div', 'This browser cannot play the video, or it is not where it was.', place).className = 'error';
  };
  video.src = stream.video;
  return video;
}
// One stop of the Tab key for all of them; arrows go on from there.
function walk(cards) {
  const buttons = () => [...cards.children].filter(card => !card.classList.contains('hidden'));
  cards.onfocusin = event => {
    for (const card of cards.children) card.tabIndex = card === event.target ? 0 : -1;
  };
  cards.onkeydown = event => {
    const list = buttons(), at = list.indexOf(document.activeElement);
    const to = {ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0,
                End: list.length - 1}[event.key];
    if (to === undefined || !list[to]) return;
    event.preventDefault();
    list[to].focus();
  };
}
function show(stream, few) {
  const section = element('section', undefined, document.querySelector('main'));
  const video = stream.video && !(stream.error && stream.actions.length === 0) ? film(stream, few, section) : null;
  const found = element('div', undefined, section);
  found.className = 'found';
  const title = element('h2', stream.stream + ' ', found);
  element('small', stream.actions.length + (stream.actions.length === 1 ? ' action' : ' actions'), title);
  if (stream.error) element('div', stream.error, found).className = 'error';
  const seconds = Math.max(stream.seconds, ...stream.actions.map(a => a.end), 0.001);
  const go = action => () => {
    if (!video) return;
    video.currentTime = action.start;
    video.play().catch(() => {});
  };
  const time = element('div', undefined, found);
  time.className = 'time';
  const scale = element('div', undefined, found);
  scale.className = 'scale';
  element('span', clock(0), scale);
  element('span', clock(seconds), scale);
  const cards = element('div', undefined, found);
  cards.className = 'cards';
  const spans = [];
  for (const action of stream.actions) {
    labels.set(action.label, (labels.get(action.label) || 0) + 1);
    const text = `${clock(action.start)}–${clock(action.end)}  ${Math.round(100 * action.score)} %`;
    const bar = element('button', action.label, time);
    bar.style.left = 100 * action.start / seconds + '%';
    bar.style.width = 100 * (action.end - action.start) / seconds + '%';
    bar.title = action.label + ' ' + text;
    bar.tabIndex = -1;
    bar.setAttribute('aria-hidden', 'true');
    const card = element('button', undefined, cards);
    card.tabIndex = spans.length === 0 ? 0 : -1;
    if (action.picture) {
      const picture = element('img', undefined, card);
      picture.decoding = 'async';
      picture.src = 'data:image/jpeg;base64,' + action.picture;
      picture.alt = '';
    }
    const words = element('span', undefined, card);
    element('b', action.label, words);
    words.append(document.createElement('br'), text);
    for (const made of [bar, card]) {
      made.dataset.label = action.label;
      made.onclick = go(action);
    }
    spans.push([action, card]);
  }
  walk(cards);
  if (video) {
    const head = element('i', undefined, time);
    video.ontimeupdate = () => {
      head.style.left = 100 * video.currentTime / seconds + '%';
      for (const [action, card] of spans)
        card.classList.toggle('now', action.start <= video.currentTime && video.currentTime < action.end);
    };
  }
}
function filter() {
  const wanted = new Set([...document.querySelectorAll('#labels [aria-pressed=true]')].map(b => b.dataset.label));
  for (const made of document.querySelectorAll('main [data-label]'))
    made.classList.toggle('hidden', wanted.size > 0 && !wanted.has(made.dataset.label));
  for (const cards of document.querySelectorAll('.cards')) {
    const first = cards.querySelector('button:not(.hidden)');
    for (const card of cards.children) card.tabIndex = card === first ? 0 : -1;
  }
}
function color(names) {
  const {colors, classes} = JSON.parse(document.querySelector('#colors').textContent);
  const known = names.every(name => classes.includes(name)) && classes.length <= colors.length;
  const of = new Map(names.map((name, place) => [name, colors[(known ? classes.indexOf(name) : place) % colors.length]]));
  for (const made of document.querySelectorAll('[data-label]')) {
    const [fill, ink] = of.get(made.dataset.label);
    made.style.setProperty('--color', fill);
    made.style.setProperty('--ink', ink);
  }
}
document.addEventListener('DOMContentLoaded', () => {
  const streams = [...document.querySelectorAll('script.stream')].map(one => JSON.parse(one.textContent));
  streams.sort((a, b) => a.stream.localeCompare(b.stream, undefined, {numeric: true}));
  for (const stream of streams) show(stream, streams.length < 9);
  const names = [...labels.keys()].sort();
  for (const label of names) {
    const button = element('button', label + ' ' + labels.get(label), document.querySelector('#labels'));
    button.dataset.label = label;
    button.setAttribute('aria-pressed', 'false');
    button.onclick = () => {
      button.setAttribute('aria-pressed', button.getAttribute('aria-pressed') === 'false');
      filter();
    };
  }
  color(names);
});
</script>
)HTML";

}  // namespace

std::string script_data(const nlohmann::ordered_json& data) {
  std::string text = json_text(data);
  // A `<` may begin the element's end.
  for (std::size_t at = text.find('<'); at != std::string::npos; at = text.find('<', at))
    text.replace(at, 1, "\\u003c");
  return text;
}

std::string event_page_head(const std::vector<std::string>& classes) {
  nlohmann::ordered_json data{{"colors", nlohmann::ordered_json::array()}, {"classes", classes}};
  for (std::size_t i = 0; i < kLabelColors; ++i)
    data["colors"].push_back({css(label_color(i)), css(ink_on(label_color(i)))});
  return std::string(kPageMark) + std::string(kStyle) + R"(<script type="application/json" id="colors">)" +
         script_data(data) + "</script>\n" + std::string(kScript);
}

}  // namespace actionflow
