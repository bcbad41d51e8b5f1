#include "pipeline/evaluation/streams/scored_stream.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "models/weights/calibration.h"
#include "nodes/events/event_decoder.h"

namespace actionflow {
namespace {

// Changes of events, in the order of their telling, become detections.
class Detections {
 public:
  void add(const std::vector<EventChange>& changes) {
    for (const EventChange& change : changes) {
      const auto at = static_cast<std::size_t>(change.number);
      if (at >= detected_.size()) detected_.resize(at + 1, DetectedAction{.label = -1});
      DetectedAction& detected = detected_[at];
      if (detected.label != change.label) detected.named = change.decided;
      detected.label = change.label;
      detected.score = change.score;
      detected.start = change.start;
      detected.end = change.end;
      detected.over = change.decided;
    }
  }

  std::vector<DetectedAction> take() { return std::move(detected_); }

 private:
  std::vector<DetectedAction> detected_;  // by number, which counts from 0 without a gap
};

}  // namespace

void to_json(nlohmann::json& json, const ScoredStream& stream) {
  json = {{"name", stream.name}, {"seconds", stream.seconds}, {"interval", stream.interval}};
  nlohmann::json& actions = json["actions"] = nlohmann::json::array();
  for (const TimedAction& action : stream.actions)
    actions.push_back({action.label, action.start, action.end});
  nlohmann::json& observations = json["observations"] = nlohmann::json::array();
  for (const ScoredObservation& one : stream.observations) {
    observations.push_back({one.start, one.end, one.which, one.elapsed});
    if (one.action) observations.back().push_back(*one.action);
  }
}

void from_json(const nlohmann::json& json, ScoredStream& stream) {
  stream = {json.at("name"), json.at("seconds"), json.at("interval")};
  for (const nlohmann::json& action : json.at("actions"))
    stream.actions.push_back({action.at(0), action.at(1), action.at(2)});
  for (const nlohmann::json& one : json.at("observations")) {
    stream.observations.push_back({one.at(0), one.at(1), one.at(2), std::nullopt, one.at(3)});
    if (one.size() > 4) stream.observations.back().action = one.at(4).get<float>();
  }
}

void set_temperature(ScoredStream& stream, double temperature) {
  for (ScoredObservation& one : stream.observations) one.which = at_temperature(one.which, temperature);
}

const ScoredObservation* surest_observation(const ScoredStream& stream, double start, double end) {
  const ScoredObservation* surest = nullptr;
  float most = -1;
  for (const ScoredObservation& one : stream.observations) {
    const double middle = (one.start + one.end) / 2;
    if (middle < start || middle > end) continue;
    const float sure = one.action.value_or(*std::max_element(one.which.begin(), one.which.end()));
    if (sure <= most) continue;
    surest = &one;
    most = sure;
  }
  return surest;
}

StreamDetections detect_actions(const ScoredStream& stream, const EventOptions& options,
                                const std::vector<std::string>& classes) {
  EventDecoder decoder(options, classes);
  Detections detections;
  for (const ScoredObservation& one : stream.observations)
    detections.add(
        decoder.observe({one.start, one.end, one.which, one.action, one.elapsed, stream.interval}));
  detections.add(decoder.finish());
  StreamDetections detected{stream.name, stream.seconds, stream.actions, detections.take()};
  leave_out_ambiguous(detected);
  return detected;
}

std::vector<StreamDetections> detect_actions(std::span<const ScoredStream> streams,
                                             const EventOptions& options,
                                             const std::vector<std::string>& classes) {
  std::vector<StreamDetections> detected;
  detected.reserve(streams.size());
  for (const ScoredStream& stream : streams) detected.push_back(detect_actions(stream, options, classes));
  return detected;
}

}  // namespace actionflow
