#include "nodes/store/labelled_clips.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/files/atomic_file.h"
#include "base/text/utf8.h"

namespace actionflow {

namespace {

constexpr std::size_t kLongestLabel = 100;

}  // namespace

bool is_label(const std::string& label) {
  const bool blank_ends = label.starts_with(' ') || label.ends_with(' ');
  return label.size() <= kLongestLabel && is_utf8(label) && printable(label) == label && !blank_ends;
}

void write_labelled_clips(const std::filesystem::path& folder, EventTable& table) {
  std::string labels;
  std::string times;
  for (const StoredEvent& event : table.find({.corrected_only = true})) {
    if (event.clip.empty()) continue;
    if (event.corrected->empty()) {
      times += event.clip + "\n";
      continue;
    }
    const double start = std::max(0., event.start - event.clip_start);
    labels += event.clip + " " + *event.corrected + "\n";
    times += fmt::format("{} {:.3f} {:.3f} {}\n", event.clip, start,
                         std::max(start + 0.001, event.end - event.clip_start), *event.corrected);
  }
  replace_file(folder / "labelled.txt", labels);
  replace_file(folder / "labelled_times.txt", times);
}

}  // namespace actionflow
