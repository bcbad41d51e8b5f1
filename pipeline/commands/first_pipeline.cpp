#include "pipeline/commands/first_pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "base/text/json_text.h"
#include "nodes/kinds/network_node.h"

namespace actionflow {

namespace {

// A string of JSON is one of YAML, too. Passwords stay in it: the file is to run.
std::string quoted(const std::string& text) { return json_text(nlohmann::json(text)); }

std::string labels_of(const Model& model) {
  std::string labels;
  for (const std::string& label : model.architecture.classes) labels += (labels.empty() ? "" : ", ") + label;
  return labels;
}

// In lines of comment that are not too long.
std::string comment(const std::string& text, const std::string& indent) {
  constexpr std::size_t kWidth = 100;
  std::string lines, line;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (!line.empty() && line.size() + end - at > kWidth) {
      lines += indent + "#" + line + "\n";
      line.clear();
    }
    line += " " + text.substr(at, end - at);
    at = end + 1;
  }
  return lines + indent + "#" + line + "\n";
}

std::string streams_of(const std::vector<FirstStream>& streams) {
  std::string text;
  for (const FirstStream& stream : streams)
    text += comment(stream.found, "  ") + "  " + stream.name + ": {source: " + quoted(stream.source) + "}\n";
  return text;
}

constexpr const char* kHead =
    "# A first pipeline: sources, and what is done with their pictures. Check it after a change with\n"
    "# `actionflow validate FILE`, run it with `actionflow classify FILE`. docs/pipelines.md has every key.\n"
    "\n"
    "# What all streams share; a stream's own keys win. A camera that is lost is opened again.\n"
    "defaults: {retry: true}\n"
    "\n"
    "# A stream a line, by a name of your choice. A password is best kept out of this file:\n"
    "# source: \"${DOOR_CAMERA}\" takes the whole address from the environment.\n"
    "streams:\n";

constexpr const char* kTail =
    "\n"
    "  # Where actions go, beside standard output. Take the # away and fill in:\n"
    "  # log:   {node: jsonl, from: actions, file: actions.jsonl, rotate: {size: 100 MB, keep: 5}}\n"
    "  # alert: {node: mqtt, from: actions, broker: mqtt://localhost, user: door, password: "
    "\"${MQTT_PASSWORD}\"}\n"
    "  # hook:  {node: webhook, from: actions, url: \"https://example.org/hook\", secret: "
    "\"${HOOK_SECRET}\"}\n"
    "\n"
    "  # Events kept from run to run, with a clip and a picture of each; `actionflow events` and the page "
    "show "
    "them:\n"
    "  # kept:  {node: store, from: actions, folder: state, keep: 30 d, limit: 2 GB}\n"
    "\n"
    "# A page to watch all of it on, at http://127.0.0.1:8080/; beyond this machine it wants a token:\n"
    "# web: {listen: \"127.0.0.1:8080\"}\n"
    "\n"
    "# How the run is, for Prometheus' node exporter:\n"
    "# metrics: {file: /var/lib/prometheus/node-exporter/actionflow.prom}\n";

}  // namespace

std::string first_pipeline(const std::vector<FirstStream>& streams, const Model& model,
                           const std::filesystem::path& weights) {
  return kHead + streams_of(streams) +
         "\ngraph:\n"
         "  # Packets of every stream to pictures.\n"
         "  frames: {node: decode}\n"
         "  # Pictures on the network's own time grid, cut into windows.\n"
         "  clips: {node: window, from: frames}\n"
         "  # What the pictures show. These weights know:\n" +
         comment(labels_of(model), "  ") +
         fmt::format("  network: {{node: {}, from: clips, weights: {}}}\n",
                     natural_node_kind(model.architecture), quoted(weights.string())) +
         "  # When an action begins and when it is over. begin: and end: set how sure the network has to "
         "be.\n"
         "  actions: {node: events, from: network}\n" +
         kTail;
}

std::string stream_name(const std::string& source, const std::vector<FirstStream>& others) {
  std::string word;
  if (const std::size_t scheme = source.find("://"); scheme != std::string::npos) {
    word = source.substr(scheme + 3, source.find('/', scheme + 3) - scheme - 3);
    word = word.substr(word.rfind('@') + 1);
    const bool number =
        !word.empty() && (word.front() == '[' || word.find_first_not_of("0123456789.:") == std::string::npos);
    word = number ? "camera" : word.substr(0, word.find_first_of(".:"));
  } else {
    word = source == "-" ? "input" : std::filesystem::path(source).stem().string();
  }
  std::string name;
  for (const char c : word) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) && static_cast<unsigned char>(c) < 0x80;
    if (plain || (!name.empty() && name.back() != '_'))
      name += plain ? static_cast<char>(std::tolower(static_cast<unsigned char>(c))) : '_';
  }
  while (name.ends_with('_')) name.pop_back();
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front()))) name = "stream" + name;
  std::string unique = name;
  const auto taken = [&](const std::string& one) {
    return std::any_of(others.begin(), others.end(),
                       [&](const FirstStream& other) { return other.name == one; });
  };
  for (int k = 2; taken(unique); ++k) unique = name + "_" + std::to_string(k);
  return unique;
}

}  // namespace actionflow
