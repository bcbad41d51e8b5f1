// `inspect --hop`: what windows of a network that overlap share, layer by layer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/description/architecture.h"

namespace actionflow {

struct SharedLayer {
  std::string name;
  std::int64_t steps = 0;     // in time, of its value in a window
  std::int64_t computed = 0;  // of these for each window; the others are kept from the window before
  std::int64_t macs = 0;      // for each window
};

struct SharingReport {
  std::int64_t frames = 0, hop = 0;
  std::string why_alone;  // the rest of a sentence about the network, where each window is computed by itself
  std::vector<SharedLayer> layers;
  std::int64_t macs = 0, macs_alone = 0;  // of a window, and where nothing is shared
  double windows_a_second = 0;            // of one stream
};

SharingReport sharing_report(const Architecture& architecture, std::int64_t hop);

// For people, and as a JSON object.
std::string sharing_table(const SharingReport& report);
std::string sharing_json(const SharingReport& report);

}  // namespace actionflow
