#include "pipeline/web/overload.h"

#include <fmt/format.h>

#include <utility>

namespace actionflow {

void Overload::note(const std::vector<StreamView>& views, std::int64_t now_ns) {
  std::map<std::string, std::deque<Count>> kept;
  for (const StreamView& view : views) {
    if (!view.live) continue;
    std::deque<Count> counts;
    if (const auto known = counts_.find(view.name); known != counts_.end()) counts = std::move(known->second);
    // One of that name that was begun anew counts from nothing.
    if (!counts.empty() && (view.windows < counts.back().windows || view.dropped < counts.back().dropped))
      counts.clear();
    while (!counts.empty() && now_ns - counts.front().at_ns > kWithinNs) counts.pop_front();
    counts.push_back({now_ns, view.windows, view.dropped});
    kept.emplace(view.name, std::move(counts));
  }
  counts_ = std::move(kept);
}

std::vector<std::string> Overload::reasons() const {
  std::vector<std::string> reasons;
  for (const auto& [stream, counts] : counts_) {
    const std::int64_t dropped = counts.back().dropped - counts.front().dropped;
    const std::int64_t answered = counts.back().windows - counts.front().windows;
    if (dropped < kFewest || dropped <= answered) continue;
    reasons.push_back(
        fmt::format("{}: {} of {} windows were dropped in the last minute; the machine has too much to do",
                    stream, dropped, dropped + answered));
  }
  return reasons;
}

}  // namespace actionflow
