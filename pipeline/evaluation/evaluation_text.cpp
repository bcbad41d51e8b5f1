#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/text/json_text.h"
#include "pipeline/evaluation/evaluation.h"
#include "pipeline/evaluation/streams/event_measures_text.h"

namespace actionflow {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr std::size_t kMostClassesInMatrix = 24;  // that fit a terminal

OrderedJson per_class_json(const Evaluation& evaluation) {
  OrderedJson list = OrderedJson::array();
  for (std::size_t k = 0; k < evaluation.classes.size(); ++k) {
    const ClassMeasures& of = evaluation.measures.per_class[k];
    list.push_back({{"label", evaluation.classes[k]},
                    {"precision", of.precision},
                    {"recall", of.recall},
                    {"f1", of.f1},
                    {"clips", of.clips}});
  }
  return list;
}

OrderedJson unreadable_json(const Evaluation& evaluation) {
  OrderedJson list = OrderedJson::array();
  for (const auto& [name, why] : evaluation.unreadable) list.push_back({{"video", name}, {"why", why}});
  return list;
}

OrderedJson time_json(const TimeDiagnosis& time) {
  OrderedJson json{{"shuffled", time.shuffled}, {"reversed", time.reversed}, {"frozen", time.frozen}};
  if (time.reversed_as_partner) json["reversed_as_partner"] = *time.reversed_as_partner;
  if (time.frozen_within_pair) json["frozen_within_pair"] = *time.frozen_within_pair;
  return json;
}

std::string class_table(const Evaluation& evaluation, std::size_t widest) {
  std::string text = fmt::format("\n{:<{}}  precision   recall       F1  videos\n", "class", widest);
  for (std::size_t k = 0; k < evaluation.classes.size(); ++k) {
    const ClassMeasures& of = evaluation.measures.per_class[k];
    text += fmt::format("{:<{}}  {:>9.3f}  {:>7.3f}  {:>7.3f}  {:>6}\n", evaluation.classes[k], widest,
                        of.precision, of.recall, of.f1, of.clips);
  }
  return text;
}

std::string matrix(const Evaluation& evaluation, std::size_t widest) {
  std::string text = fmt::format("\nconfusion, a row a true class\n{:<{}} ", "", widest);
  for (std::size_t k = 0; k < evaluation.classes.size(); ++k) text += fmt::format("{:>5}", k + 1);
  for (std::size_t k = 0; k < evaluation.classes.size(); ++k) {
    text += fmt::format("\n{:<{}} ", evaluation.classes[k], widest);
    for (const std::int64_t count : evaluation.measures.confusion[k])
      text += count == 0 ? "    ·" : fmt::format("{:>5}", count);
    text += fmt::format("  {}", k + 1);
  }
  return text + "\n";
}

void add_clips(const Evaluation& evaluation, OrderedJson& json) {
  const Measures& measures = evaluation.measures;
  json = {{"clips", measures.clips},
          {"top1", measures.top1},
          {"top5", measures.top5},
          {"mean_class_accuracy", measures.mean_class_accuracy},
          {"confusion", measures.confusion},
          {"per_class", per_class_json(evaluation)},
          {"ece", measures.ece},
          {"temperature", or_null(evaluation.temperature)},
          {"threshold", or_null(evaluation.threshold)},
          {"unreadable", unreadable_json(evaluation)},
          {"time", evaluation.time ? time_json(*evaluation.time) : OrderedJson(nullptr)},
          {"network", evaluation.network},
          {"split", evaluation.split},
          {"top1_interval", {evaluation.top1_interval.low, evaluation.top1_interval.high}}};
}

void add_streams(const Evaluation& evaluation, OrderedJson& json) {
  if (evaluation.videos.empty())
    json = {{"unreadable", unreadable_json(evaluation)},
            {"network", evaluation.network},
            {"split", evaluation.split}};
  json["streams"] = event_measures_json(evaluation.streams->measures, evaluation.classes);
  if (evaluation.calibration)
    json["calibration"] = OrderedJson::parse(print_calibration(*evaluation.calibration));
}

std::string streams_text(const Evaluation& evaluation) {
  std::string how = "the decoder's own, for nothing was chosen";
  if (evaluation.calibration && evaluation.calibration->events)
    how = (evaluation.calibration_kept ? "kept with the weights, from " : "chosen on ") +
          evaluation.calibration->chosen_on;
  return event_measures_text(evaluation.streams->measures, evaluation.classes) + "thresholds: " + how + "\n";
}

using Line = std::function<void(std::string_view, const std::string&)>;

void add_calibration(const Evaluation& evaluation, const Line& line) {
  const std::string from = evaluation.calibration_kept
                               ? "kept with the weights, from " + evaluation.calibration->chosen_on
                               : "from 'val'";
  if (evaluation.temperature) line("temperature", fmt::format("{:.2f}  ({})", *evaluation.temperature, from));
  if (evaluation.threshold)
    line("\"none of these\" below",
         fmt::format("{:.3f}  (keeps 95 % of the right answers; {})", *evaluation.threshold, from));
  if (evaluation.auroc) line("AUROC against unknown", fmt::format("{:.3f}", *evaluation.auroc));
  if (evaluation.unknown_refused) line("unknown videos refused", percent(*evaluation.unknown_refused));
}

void add_time(const TimeDiagnosis& time, const Line& line) {
  line("shuffled in time", percent(time.shuffled));
  line("reversed", percent(time.reversed));
  if (time.reversed_as_partner) line("reversed, as the partner", percent(*time.reversed_as_partner));
  line("frozen", percent(time.frozen));
  if (time.frozen_within_pair) line("frozen, within the pair", percent(*time.frozen_within_pair));
}

std::string clips_text(const Evaluation& evaluation) {
  const Measures& measures = evaluation.measures;
  std::size_t widest = 5;
  for (const std::string& name : evaluation.classes) widest = std::max(widest, name.size());
  std::string text;
  const Line line = [&](std::string_view name, const std::string& value) {
    text += fmt::format("  {:<26} {}\n", name, value);
  };
  line("top-1", fmt::format("{}  (95 % interval {} to {})", percent(measures.top1),
                            percent(evaluation.top1_interval.low), percent(evaluation.top1_interval.high)));
  if (evaluation.classes.size() > 5) line("top-5", percent(measures.top5));
  line("mean class accuracy", percent(measures.mean_class_accuracy));
  line("calibration error (ECE)", fmt::format("{:.3f}", measures.ece));
  add_calibration(evaluation, line);
  if (evaluation.time) add_time(*evaluation.time, line);
  for (const auto& [name, top1] : evaluation.perturbed) line("perturbed: " + name, percent(top1));
  text += class_table(evaluation, widest);
  if (evaluation.classes.size() <= kMostClassesInMatrix) text += matrix(evaluation, widest);
  return text;
}

}  // namespace

std::string evaluation_json(const Evaluation& evaluation) {
  OrderedJson json;
  if (!evaluation.videos.empty()) add_clips(evaluation, json);
  if (evaluation.streams) add_streams(evaluation, json);
  if (evaluation.calibration_kept) json["calibrated_on"] = evaluation.calibration->chosen_on;
  if (evaluation.auroc) json["auroc"] = *evaluation.auroc;
  if (evaluation.unknown_refused) json["unknown_refused"] = *evaluation.unknown_refused;
  for (const auto& [name, top1] : evaluation.perturbed) json["perturbed"][name] = top1;
  return json_text(json);
}

std::string evaluation_text(const Evaluation& evaluation) {
  std::string text;
  if (evaluation.streams)
    text += fmt::format("{} on streams of '{}'\n", evaluation.network, evaluation.split) +
            streams_text(evaluation);
  if (evaluation.streams && !evaluation.videos.empty()) text += "\n";
  if (!evaluation.videos.empty())
    text += fmt::format("{} on {} videos of '{}'\n", evaluation.network, evaluation.measures.clips,
                        evaluation.split) +
            clips_text(evaluation);
  for (const auto& [name, why] : evaluation.unreadable)
    text += fmt::format("unreadable: {}: {}\n", name, why);
  return text;
}

}  // namespace actionflow
