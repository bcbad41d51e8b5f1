#include "pipeline/evaluation/streams/event_measures_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pipeline/evaluation/clips/clip_measures.h"

namespace actionflow {
namespace {

using OrderedJson = nlohmann::ordered_json;

OrderedJson delay_json(const DelayMeasures& delay) {
  return {{"p50", or_null(delay.p50)}, {"p90", or_null(delay.p90)}};
}

OrderedJson f1_json(const OverlapScore& loose, const OverlapScore& half) {
  return {{"0.3", loose.f1}, {"0.5", half.f1}};
}

std::string or_dash(const std::optional<double>& value) { return value ? percent(*value) : "–"; }

std::string delay_text(const DelayMeasures& delay) {
  if (!delay.p50) return "–";
  return fmt::format("{:.2f} s (p50), {:.2f} s (p90)", *delay.p50, *delay.p90);
}

std::string score_text(const OverlapScore& score) {
  return fmt::format("precision {}, recall {}, F1 {}", percent(score.precision), percent(score.recall),
                     percent(score.f1));
}

std::string class_table(const EventMeasures& measures, const std::vector<std::string>& classes) {
  std::size_t widest = 5;
  for (const std::string& name : classes) widest = std::max(widest, name.size());
  std::string text = fmt::format(
      "\n{:<{}}  precision   recall  F1 at 0.3  F1 at 0.5       AP  actions  events\n", "class", widest);
  for (std::size_t k = 0; k < classes.size(); ++k) {
    const EventClassMeasures& of = measures.per_class[k];
    text += fmt::format("{:<{}}  {:>9.3f}  {:>7.3f}  {:>9.3f}  {:>9.3f}  {:>7}  {:>7}  {:>6}\n", classes[k],
                        widest, of.loose.precision, of.loose.recall, of.loose.f1, of.half.f1,
                        of.average_precision ? fmt::format("{:.3f}", *of.average_precision) : "-", of.actions,
                        of.events);
  }
  return text;
}

}  // namespace

OrderedJson or_null(const std::optional<double>& value) {
  return value ? OrderedJson(*value) : OrderedJson(nullptr);
}

OrderedJson event_measures_json(const EventMeasures& measures, const std::vector<std::string>& classes) {
  OrderedJson per_class = OrderedJson::array();
  for (std::size_t k = 0; k < classes.size(); ++k) {
    const EventClassMeasures& of = measures.per_class[k];
    per_class.push_back({{"label", classes[k]},
                         {"precision", of.loose.precision},
                         {"recall", of.loose.recall},
                         {"f1", f1_json(of.loose, of.half)},
                         {"average_precision", or_null(of.average_precision)},
                         {"actions", of.actions},
                         {"events", of.events}});
  }
  return {{"streams", measures.streams},
          {"seconds", measures.seconds},
          {"actions", measures.actions},
          {"events", measures.events},
          {"levenshtein_accuracy", or_null(measures.levenshtein_accuracy)},
          {"precision", measures.loose.precision},
          {"recall", measures.loose.recall},
          {"f1", f1_json(measures.loose, measures.half)},
          {"map", or_null(measures.map)},
          {"false_events_per_hour", measures.false_events},
          {"delay", {{"start", delay_json(measures.start)}, {"end", delay_json(measures.end)}}},
          {"overlap", or_null(measures.overlap)},
          {"unknown", {{"movements", measures.unknown}, {"with_event", measures.unknown_hit}}},
          {"per_class", per_class}};
}

std::string event_measures_text(const EventMeasures& measures, const std::vector<std::string>& classes) {
  std::string text = fmt::format("{} streams of {:.1f} minutes, {} actions, {} events\n", measures.streams,
                                 measures.seconds / 60, measures.actions, measures.events);
  const auto line = [&](std::string_view name, const std::string& value) {
    text += fmt::format("  {:<26} {}\n", name, value);
  };
  line("Levenshtein accuracy", or_dash(measures.levenshtein_accuracy));
  line("at overlap 0.3", score_text(measures.loose));
  line("at overlap 0.5", score_text(measures.half));
  line("mAP over 0.3 to 0.7", or_dash(measures.map));
  line("false events an hour", fmt::format("{:.1f}", measures.false_events));
  line("named, after the start", delay_text(measures.start));
  line("over, after the end", delay_text(measures.end));
  line("overlap of what is found", or_dash(measures.overlap));
  if (measures.unknown > 0)
    line("movements of no class",
         fmt::format("{} of {} with an event", measures.unknown_hit, measures.unknown));
  return text + class_table(measures, classes);
}

}  // namespace actionflow
