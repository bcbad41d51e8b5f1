#include "datasets/recordings/held_entries.h"

#include <utility>

namespace actionflow {

namespace {

std::size_t bytes_of(const VideoFrames& frames) {
  const FrameForm& form = frames.form();
  return static_cast<std::size_t>(frames.count()) * static_cast<std::size_t>(form.height) *
         static_cast<std::size_t>(form.width) * static_cast<std::size_t>(form.channels());
}

}  // namespace

std::shared_ptr<const VideoFrames> HeldEntries::find(const std::string& name,
                                                     const SourceFingerprint& fingerprint) {
  const auto found = places_.find(name);
  if (found == places_.end()) return nullptr;
  const Place place = found->second;
  if (place->fingerprint != fingerprint) {
    drop(place);
    return nullptr;
  }
  recent_.splice(recent_.begin(), recent_, place);
  return place->frames;
}

void HeldEntries::hold(const std::string& name, const SourceFingerprint& fingerprint,
                       std::shared_ptr<const VideoFrames> frames) {
  forget(name);
  const std::size_t bytes = bytes_of(*frames);
  if (bytes > most_bytes_) return;
  recent_.push_front({name, fingerprint, std::move(frames), bytes});
  places_[name] = recent_.begin();
  bytes_ += bytes;
  while (bytes_ > most_bytes_) drop(std::prev(recent_.end()));
}

void HeldEntries::forget(const std::string& name) {
  if (const auto found = places_.find(name); found != places_.end()) drop(found->second);
}

void HeldEntries::drop(Place place) {
  bytes_ -= place->bytes;
  places_.erase(place->name);
  recent_.erase(place);
}

}  // namespace actionflow
