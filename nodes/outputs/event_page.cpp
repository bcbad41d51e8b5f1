#include "nodes/outputs/event_page.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/html.h"
#include "nodes/outputs/action_pictures.h"

namespace actionflow {

namespace {

constexpr std::string_view kHead = R"HTML(<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>What happens</title>
<style>
:root { color-scheme: light dark; --soft: #8882; --line: #8886; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1280px; margin: 1.5rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; } h2 small { font-weight: 400; }
button { font: inherit; color: inherit; border: 0; padding: 0; cursor: pointer; }
#labels { display: flex; flex-wrap: wrap; gap: .4rem; margin-bottom: 1rem; }
#labels button { padding: .1rem .6rem; border-radius: 1rem; border: 2px solid var(--color); background: none; }
#labels button[aria-pressed=true] { background: var(--color); color: #fff; }
section { display: flex; flex-wrap: wrap; gap: 1rem; padding: 1rem 0; border-top: 1px solid var(--line);
  content-visibility: auto; contain-intrinsic-size: auto 260px; }
video { width: 340px; max-height: 260px; background: #000; align-self: flex-start; position: sticky; top: .5rem; }
.found { flex: 1; min-width: min(420px, 100%); }
.time { position: relative; height: 26px; margin: .6rem 0 .2rem; background: var(--soft); border-radius: 4px; overflow: hidden; }
.time button { position: absolute; top: 0; bottom: 0; min-width: 3px; background: var(--color); border-radius: 3px; }
.time i { position: absolute; top: 0; bottom: 0; width: 2px; background: currentColor; left: 0; }
.scale { display: flex; justify-content: space-between; font-size: 12px; opacity: .7; }
.cards { display: flex; flex-wrap: wrap; align-items: flex-start; gap: .5rem; margin-top: .5rem; }
.cards button { width: 144px; text-align: left; background: var(--soft); border-radius: 6px; overflow: hidden;
  border-top: 4px solid var(--color); font-size: 13px; line-height: 1.35; }
.cards button:hover, .cards button:focus-visible { outline: 2px solid var(--color); }
.cards img { display: block; width: 144px; height: 108px; object-fit: contain; background: #000; }
.cards span { display: block; padding: .25rem .5rem .4rem; overflow-wrap: anywhere; font-size: 12px; }
.cards b { font-size: 13px; }
.error { color: #c33; } .hidden { display: none; }
</style>
<h1>What happens</h1><div id="labels"></div><main></main>
<noscript>This page draws what it holds by a script.</noscript>
<script>
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
const color = label => {
  let hash = 7;
  for (const c of label) hash = (hash * 31 + c.codePointAt(0)) % 65521;
  return `hsl(${hash * 137.5 % 360} 60% ${38 + hash % 3 * 8}%)`;
};
const labels = new Map();
const mark = (made, label) => {
  made.style.setProperty('--color', color(label));
  made.dataset.label = label;
};
function show(stream, few) {
  const section = element('section', undefined, document.querySelector('main'));
  let video = null;
  if (stream.video && !(stream.error && stream.actions.length === 0)) {
    video = element('video', undefined, section);
    video.controls = true;
    video.muted = true;
    video.preload = few ? 'metadata' : 'none';
    video.src = stream.video;
  }
  const found = element('div', undefined, section);
  found.className = 'found';
  const title = element('h2', stream.stream + ' ', found);
  element('small', stream.actions.length + (stream.actions.length === 1 ? ' action' : ' actions'), title);
  if (stream.error) element('div', stream.error, found).className = 'error';
  const seconds = Math.max(stream.seconds, ...stream.actions.map(a => a.end), 0.001);
  const go = action => () => {
    if (!video) return;
    video.currentTime = action.start;
    video.play();
  };
  const time = element('div', undefined, found);
  time.className = 'time';
  const scale = element('div', undefined, found);
  scale.className = 'scale';
  element('span', clock(0), scale);
  element('span', clock(seconds), scale);
  const cards = element('div', undefined, found);
  cards.className = 'cards';
  for (const action of stream.actions) {
    labels.set(action.label, (labels.get(action.label) || 0) + 1);
    const text = `${clock(action.start)}–${clock(action.end)}  ${Math.round(100 * action.score)} %`;
    const bar = element('button', undefined, time);
    bar.style.left = 100 * action.start / seconds + '%';
    bar.style.width = 100 * (action.end - action.start) / seconds + '%';
    bar.title = action.label + ' ' + text;
    bar.setAttribute('aria-label', bar.title);
    const card = element('button', undefined, cards);
    if (action.picture) {
      const picture = element('img', undefined, card);
      picture.src = 'data:image/jpeg;base64,' + action.picture;
      picture.alt = '';
    }
    const words = element('span', undefined, card);
    element('b', action.label, words);
    words.append(document.createElement('br'), text);
    for (const made of [bar, card]) {
      mark(made, action.label);
      made.onclick = go(action);
    }
  }
  if (video) {
    const head = element('i', undefined, time);
    video.ontimeupdate = () => { head.style.left = 100 * video.currentTime / seconds + '%'; };
  }
}
function filter() {
  const wanted = new Set([...document.querySelectorAll('#labels [aria-pressed=true]')].map(b => b.dataset.label));
  for (const made of document.querySelectorAll('main [data-label]'))
    made.classList.toggle('hidden', wanted.size > 0 && !wanted.has(made.dataset.label));
}
document.addEventListener('DOMContentLoaded', () => {
  const streams = [...document.querySelectorAll('script.stream')];
  for (const one of streams) show(JSON.parse(one.textContent), streams.length < 9);
  for (const [label, count] of [...labels].sort()) {
    const button = element('button', label + ' ' + count, document.querySelector('#labels'));
    mark(button, label);
    button.setAttribute('aria-pressed', 'false');
    button.onclick = () => {
      button.setAttribute('aria-pressed', button.getAttribute('aria-pressed') === 'false');
      filter();
    };
  }
});
</script>
)HTML";

// Of one stream.
constexpr std::size_t kMostPictures = 300;

// Letters, digits, -._~ and the path's own slashes.
bool stands_in_addresses(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~/").find(c) != std::string_view::npos;
}

double rounded(double number, double steps) { return std::round(number * steps) / steps; }

}  // namespace

std::string event_page_head() { return std::string(kHead); }

std::string event_page_line(const StreamEnd& end, const std::vector<FoundAction>& actions,
                            const std::string& video, const std::vector<std::string>& pictures) {
  using Json = nlohmann::ordered_json;
  Json line{{"stream", end.stream}, {"seconds", rounded(end.seconds, 1000)}};
  if (!video.empty()) line["video"] = video;
  if (end.error) line["error"] = *end.error;
  line["actions"] = Json::array();
  for (std::size_t i = 0; i < actions.size(); ++i) {
    const FoundAction& action = actions[i];
    Json one{{"start", rounded(action.start, 1000)},
             {"end", rounded(action.end, 1000)},
             {"label", action.label},
             {"score", rounded(double{action.score}, 10000)}};
    if (!pictures[i].empty()) one["picture"] = base64(pictures[i]);
    line["actions"].push_back(std::move(one));
  }
  std::string text = line.dump(-1, ' ', false, Json::error_handler_t::replace);
  // Inside a script element a `<` may begin its end.
  for (std::size_t at = text.find('<'); at != std::string::npos; at = text.find('<', at))
    text.replace(at, 1, "\\u003c");
  return std::string(kPageLineBegin) + text + std::string(kPageLineEnd);
}

std::string relative_address(const std::filesystem::path& file, const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  const fs::path path =
      fs::absolute(file).lexically_normal().lexically_proximate(fs::absolute(folder).lexically_normal());
  std::string address;
  for (const char c : path.generic_string()) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    if (stands_in_addresses(c)) {
      address += c;
    } else {
      address += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return address;
}

void EventPage::write(const StreamEnd& end, const std::vector<FoundAction>& actions) {
  std::vector<std::string> pictures(actions.size());
  std::vector<double> starts;
  for (const FoundAction& action : actions) {
    if (starts.size() < kMostPictures) starts.push_back(action.start);
  }
  std::string video;
  if (const auto file = files_.find(end.stream); file != files_.end()) {
    if (!std::filesystem::is_directory(file->second)) video = relative_address(file->second, folder_);
    pictures = action_pictures(file->second, starts);
    pictures.resize(actions.size());
  }
  out_.write(event_page_line(end, actions, video, pictures));
}

}  // namespace actionflow
