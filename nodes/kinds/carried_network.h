// A network's state along one stream: each clip goes on from what those before it left.
//
// What is new in a clip is taken in; where clips are missing before it, it catches up as long as it holds
// their samples itself. It begins anew, with all samples of the clip, at a new segment, after a longer gap or
// a failure, and with another network. Serial: stands in the stream's lane.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "nodes/kinds/network_slot.h"

namespace actionflow {

class CarriedNetwork {
 public:
  // Where a clip stands in its stream.
  struct Place {
    std::int64_t segment = 0;
    std::int64_t first_sample = 0;  // on the segment's grid
  };

  // What `loaded`, compiled to advance along streams, gives for the clip. Throws as Network::run does; the
  // state is lost then.
  Activations advance(const std::shared_ptr<LoadedNetwork>& loaded, Place place,
                      std::span<const std::uint8_t* const> frames);

  // The next clip begins anew.
  void lose() { next_.reset(); }

 private:
  // How many of the clip's samples are new; nothing where it cannot go on to them, `samples` at a time.
  std::optional<std::int64_t> new_samples(Place place, std::int64_t frames, std::int64_t samples) const;

  std::shared_ptr<LoadedNetwork> loaded_;
  std::optional<Workspace> workspace_;  // of loaded_
  std::optional<Place> next_;           // the first sample not yet taken in
};

}  // namespace actionflow
