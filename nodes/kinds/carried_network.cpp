#include "nodes/kinds/carried_network.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace actionflow {

std::optional<std::int64_t> CarriedNetwork::new_samples(Place place, std::int64_t frames,
                                                        std::int64_t samples) const {
  if (!next_ || next_->segment != place.segment) return {};
  const std::int64_t fresh = place.first_sample + frames - next_->first_sample;
  if (fresh <= 0 || fresh > frames || fresh % samples != 0) return {};
  return fresh;
}

Activations CarriedNetwork::advance(const std::shared_ptr<LoadedNetwork>& loaded, Place place,
                                    std::span<const std::uint8_t* const> frames) {
  if (loaded != loaded_) {
    lose();
    workspace_.reset();
    loaded_ = loaded;
    workspace_.emplace(loaded->network());
  }
  const Network& network = loaded_->network();
  const auto count = static_cast<std::int64_t>(frames.size()), samples = network.samples();
  const auto fresh = new_samples(place, count, samples);
  if (!fresh) workspace_->reset();
  std::int64_t left = fresh.value_or((count + samples - 1) / samples * samples);
  lose();
  std::vector<const std::uint8_t*> piece(static_cast<std::size_t>(samples));
  const auto take = [&] {
    // What stands before the clip does not count in its result.
    for (std::int64_t k = 0; k < samples; ++k)
      piece[static_cast<std::size_t>(k)] =
          frames[static_cast<std::size_t>(std::max<std::int64_t>(count - left + k, 0))];
    left -= samples;
  };
  take();
  while (left > 0) {
    network.take_in(piece, *workspace_);
    take();
  }
  Activations result = network.run(piece, *workspace_);
  next_ = Place{place.segment, place.first_sample + count};
  return result;
}

}  // namespace actionflow
