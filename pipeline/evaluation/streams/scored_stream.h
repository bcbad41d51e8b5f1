// What a network says along an uncut stream, and the actions detected in it.
//
// Scores are computed once and decoded as often as a choice of thresholds asks for.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "nodes/events/event_options.h"
#include "pipeline/evaluation/streams/event_measures.h"

namespace actionflow {

// Of a sample, or of a window. Times as in nodes/events/event_decoder.h.
struct ScoredObservation {
  double start = 0, end = 0;
  std::vector<float> which;     // probabilities, one a class
  std::optional<float> action;  // that there is one; absent for a network trained on cut clips
  float elapsed = 0;
};

struct ScoredStream {
  std::string name;
  double seconds = 0;
  double interval = 0;                    // from sample to sample
  std::vector<TimedAction> actions = {};  // what happened
  std::vector<ScoredObservation> observations = {};
};

// For nlohmann::json, with every digit. Reading throws what it throws.
void to_json(nlohmann::json& json, const ScoredStream& stream);
void from_json(const nlohmann::json& json, ScoredStream& stream);

// Its class probabilities, as the network gave them, become those at a temperature.
void set_temperature(ScoredStream& stream, double temperature);

// Where an action, or else some class, is told surest among the observations with their middle in [start,
// end]; null where there are none.
const ScoredObservation* surest_observation(const ScoredStream& stream, double start, double end);

// By the decoder that stands in `events` nodes, from the stream's first observation to its end.
StreamDetections detect_actions(const ScoredStream& stream, const EventOptions& options,
                                const std::vector<std::string>& classes);

std::vector<StreamDetections> detect_actions(std::span<const ScoredStream> streams,
                                             const EventOptions& options,
                                             const std::vector<std::string>& classes);

}  // namespace actionflow
