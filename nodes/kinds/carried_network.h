// A network's state along one stream: each clip goes on from what the one before it left.
//
// It begins anew at a new segment, after a clip that was dropped or failed, and with another network. Serial:
// stands in the stream's lane.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "nodes/kinds/network_slot.h"

namespace actionflow {

class CarriedNetwork {
 public:
  // What `loaded`, compiled to advance along streams, gives for the next samples. Throws as Network::run
  // does; the state is lost then.
  Activations advance(const std::shared_ptr<LoadedNetwork>& loaded, std::int64_t segment,
                      std::span<const std::uint8_t* const> frames);

  // A clip is missing: the next one begins anew.
  void lose() { segment_.reset(); }

 private:
  std::shared_ptr<LoadedNetwork> loaded_;
  std::optional<Workspace> workspace_;  // of loaded_
  std::optional<std::int64_t> segment_;
};

}  // namespace actionflow
