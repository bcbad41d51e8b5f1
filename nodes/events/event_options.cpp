#include "nodes/events/event_options.h"

#include <algorithm>

namespace actionflow {

void ClassThresholds::describe(config::Fields<ClassThresholds>& fields) {
  fields.add("begin", &ClassThresholds::begin, "as begin, for this class").range(0, 1);
  fields.add("end", &ClassThresholds::end, "as end, for this class").range(0, 1);
}

void EventOptions::describe(config::Fields<EventOptions>& fields) {
  fields.add("begin", &EventOptions::begin, "probability from which on an action is under way").range(0, 1);
  fields.add("end", &EventOptions::end, "probability below which it is over; where begin is lower, that")
      .range(0, 1);
  fields.add("classes", &EventOptions::classes, "begin and end of single classes, by label");
  fields.add("smooth", &EventOptions::smooth, "seconds over whose scores the mean is taken; 0: none")
      .range(0, 60);
  fields.add("shortest", &EventOptions::shortest, "seconds for which scores have to say it").range(0, 3600);
  fields
      .add("merge", &EventOptions::merge,
           "seconds of silence that part two actions of one class; shorter gaps are bridged")
      .range(0, 3600);
  fields
      .add("trail", &EventOptions::trail,
           "seconds for which the network goes on after an action is over, taken off its end")
      .range(0, 60);
  fields.add("none", &EventOptions::none,
             "classes that stand for no action and are never an event; unless given, one named none");
  fields.add("updates", &EventOptions::updates, "further lines while an action goes on");
}

void EventOptions::check(const config::Value& value, config::Diagnostics& diagnostics) const {
  const bool both = value.find("begin") != nullptr && value.find("end") != nullptr;
  if (both && end > begin) diagnostics.add(value.place(), "end is above begin, expected end ≤ begin");
  for (const auto& [label, own] : classes) {
    if (own.begin && own.end && *own.end > *own.begin)
      diagnostics.add(value.place(), "classes." + label + ": end is above begin, expected end ≤ begin");
  }
}

double EventOptions::begin_of(const std::string& label) const {
  const auto own = classes.find(label);
  return own == classes.end() ? begin : own->second.begin.value_or(begin);
}

double EventOptions::end_of(const std::string& label) const {
  const auto own = classes.find(label);
  const double wanted = own == classes.end() ? end : own->second.end.value_or(end);
  return std::min(wanted, begin_of(label));
}

bool EventOptions::is_none(const std::string& label) const {
  if (!none) return label == "none";
  return std::find(none->begin(), none->end(), label) != none->end();
}

std::optional<std::string> EventOptions::unknown_label(const std::vector<std::string>& labels) const {
  const auto unknown = [&](const std::string& label) {
    return std::find(labels.begin(), labels.end(), label) == labels.end();
  };
  for (const auto& [label, own] : classes) {
    if (unknown(label)) return label;
  }
  if (none) {
    const auto found = std::find_if(none->begin(), none->end(), unknown);
    if (found != none->end()) return *found;
  }
  return std::nullopt;
}

}  // namespace actionflow
