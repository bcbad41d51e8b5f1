#include "nodes/kinds/carried_network.h"

#include <utility>

namespace actionflow {

Activations CarriedNetwork::advance(const std::shared_ptr<LoadedNetwork>& loaded, std::int64_t segment,
                                    std::span<const std::uint8_t* const> frames) {
  if (loaded != loaded_) {
    workspace_.reset();
    loaded_ = loaded;
    workspace_.emplace(loaded->network());
  } else if (segment_ != segment) {
    workspace_->reset();
  }
  lose();
  Activations result = loaded_->network().run(frames, *workspace_);
  segment_ = segment;
  return result;
}

}  // namespace actionflow
