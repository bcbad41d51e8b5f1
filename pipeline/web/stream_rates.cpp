#include "pipeline/web/stream_rates.h"

namespace actionflow {

void StreamRates::count(const std::vector<StreamView>& streams, std::int64_t now_ns) {
  std::map<std::string, std::deque<Count>> counts;
  for (const StreamView& stream : streams) {
    std::deque<Count>& list = counts[stream.name];
    if (const auto known = counts_.find(stream.name); known != counts_.end()) list = std::move(known->second);
    // Another stream under the same name.
    if (!list.empty() && list.back().frames > stream.frames) list.clear();
    list.push_back({now_ns, stream.frames});
    while (list.size() > 2 && now_ns - list[1].at_ns >= kSpanNs) list.pop_front();
  }
  counts_ = std::move(counts);
}

double StreamRates::frames_per_second(const std::string& stream) const {
  const auto found = counts_.find(stream);
  if (found == counts_.end() || found->second.size() < 2) return 0;
  const Count& first = found->second.front();
  const Count& last = found->second.back();
  const auto span = static_cast<double>(last.at_ns - first.at_ns);
  return span > 0 ? static_cast<double>(last.frames - first.frames) * 1e9 / span : 0;
}

}  // namespace actionflow
