#include "nodes/sinks/mqtt_messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/hash.h"
#include "base/text/json_text.h"

namespace actionflow {

namespace {

using Json = nlohmann::ordered_json;

constexpr double kMessageNsPerSecond = 1e9;
constexpr double kMessageNsPerMs = 1e6;

std::string text_of(const Json& json) { return json_text(json); }

template <class Allowed>
std::string rewritten(const std::string& name, Allowed allowed) {
  std::string level = name;
  for (char& c : level) c = allowed(c) ? c : '_';
  if (level.empty() || level != name) level += fmt::format("-{:08x}", fnv1a(name) & 0xFFFFFFFF);
  return level;
}

// Home Assistant takes letters, digits, '_' and '-' in the topics of its discovery.
std::string identifier(const std::string& name) {
  return rewritten(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

double microseconds(double seconds) { return std::round(seconds * 1e6) / 1e6; }

Json wall_time(const EventResult& result, double seconds) {
  if (!result.zero_ns) return nullptr;
  return microseconds(static_cast<double>(*result.zero_ns) / kMessageNsPerSecond + seconds);
}

Json state_of(const EventResult& result, float top_score, std::int64_t now_ns) {
  const EventChange& change = result.change;
  Json state{{"id", result.id},
             {"camera", result.stream},
             {"label", result.label},
             {"score", std::round(change.score * 1e6) / 1e6},
             {"top_score", std::round(top_score * 1e6) / 1e6},
             {"start_time", wall_time(result, change.start)},
             {"end_time", result.over() ? wall_time(result, change.end) : Json(nullptr)},
             {"frame_time", wall_time(result, change.decided)},
             {"start", microseconds(change.start)},
             {"end", result.over() ? Json(microseconds(change.end)) : Json(nullptr)},
             {"model", result.node}};
  if (result.zero_ns) {
    const double since = static_cast<double>(now_ns - *result.zero_ns) - change.decided * kMessageNsPerSecond;
    state["latency_ms"] = std::round(since / kMessageNsPerMs);
  }
  return state;
}

const char* type_of(EventChange::Kind kind) {
  if (kind == EventChange::begun) return "new";
  return kind == EventChange::updated ? "update" : "end";
}

Message count_message(const std::string& topic, const std::string& stream, const std::string& label,
                      int count) {
  return {topic + "/" + topic_level(stream) + "/" + topic_level(label), std::to_string(count), true};
}

Message event_message(const std::string& topic, const char* type, const Json& before, const Json& after) {
  return {topic + "/events", text_of({{"type", type}, {"before", before}, {"after", after}})};
}

}  // namespace

std::string topic_level(const std::string& name) {
  return rewritten(name, [](char c) {
    return c != '/' && c != '+' && c != '#' && c != '$' && static_cast<unsigned char>(c) >= ' ' &&
           c != '\x7F';
  });
}

Message MqttMessages::count(const std::string& stream, const std::string& label) const {
  const auto found = counts_.find({stream, label});
  return count_message(topic_, stream, label, found == counts_.end() ? 0 : found->second);
}

MqttMessages::Change MqttMessages::event(const EventResult& result, std::int64_t now_ns) {
  Change change;
  const auto known = open_.find(result.id);
  Open open{result.stream, result.label, result.change.score, {}};
  if (known != open_.end()) open.top_score = std::max(open.top_score, known->second.top_score);
  const Json after = state_of(result, open.top_score, now_ns);
  const Json before = known == open_.end() ? after : Json::parse(known->second.state);
  open.state = text_of(after);
  change.messages.push_back(event_message(topic_, type_of(result.change.kind), before, after));

  // The label may be another than before.
  std::map<std::string, int> differences;
  if (known != open_.end()) --differences[known->second.label];
  if (!result.over()) ++differences[result.label];
  for (const auto& [label, difference] : differences) {
    if (difference == 0) continue;
    counts_[{result.stream, label}] += difference;
    change.messages.push_back(count(result.stream, label));
  }

  change.notes[result.id] = result.over() ? std::nullopt : std::optional(open.state);
  if (result.over()) {
    open_.erase(result.id);
  } else {
    open_.insert_or_assign(result.id, std::move(open));
  }
  return change;
}

std::vector<Message> MqttMessages::interrupted(const std::string& topic,
                                               const std::map<std::string, std::string>& notes) {
  std::vector<Message> messages;
  for (const auto& [id, text] : notes) {
    const Json before = Json::parse(text, nullptr, false);
    if (!before.is_object()) continue;
    Json after = before;
    after["end_time"] = before.value("frame_time", Json());
    after["interrupted"] = true;
    messages.push_back(event_message(topic, "end", before, after));
    messages.push_back(count_message(topic, before.value("camera", ""), before.value("label", ""), 0));
  }
  return messages;
}

Message MqttMessages::availability(const std::string& stream, bool online) const {
  return {topic_ + "/streams/" + topic_level(stream) + "/available", online ? "online" : "offline", true};
}

std::vector<Message> MqttMessages::announcement(const std::string& stream,
                                                const std::vector<std::string>& labels) const {
  std::vector<Message> messages;
  const std::string device = identifier(topic_) + "_" + identifier(stream);
  for (const std::string& label : labels) {
    Message state = count_message(topic_, stream, label, 0);
    if (!discovery_.empty()) {
      const Json config{
          {"name", label},
          {"unique_id", device + "_" + identifier(label)},
          {"state_topic", state.topic},
          {"value_template", "{{ 'ON' if value | int > 0 else 'OFF' }}"},
          {"availability", Json::array({Json{{"topic", topic_ + "/available"}},
                                        Json{{"topic", availability(stream, false).topic}}})},
          {"availability_mode", "all"},
          {"qos", 1},
          {"device",
           {{"identifiers", Json::array({device})}, {"name", stream}, {"manufacturer", "actionflow"}}}};
      messages.push_back({discovery_ + "/binary_sensor/" + device + "/" + identifier(label) + "/config",
                          text_of(config), true});
    }
    messages.push_back(std::move(state));
  }
  return messages;
}

}  // namespace actionflow
