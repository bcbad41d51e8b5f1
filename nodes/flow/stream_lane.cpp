#include "nodes/flow/stream_lane.h"

#include <algorithm>

namespace actionflow {

void StreamLane::put(const PacketItem& item) {
  if (state_.source.record.empty()) put_recorded(item);
  for (const auto& decoder : inputs_) decoder->put(item);
}

void StreamLane::put_recorded(const PacketItem& item) {
  for (const PacketsReceiver& receiver : packets_) receiver(item);
}

void StreamLane::connect_frames(const std::string& node, FramesReceiver receiver) {
  frames_[node].push_back(std::move(receiver));
}

void StreamLane::give_frames(const std::string& node, const FramesItem& item) const {
  const auto found = frames_.find(node);
  if (found == frames_.end()) return;
  for (const FramesReceiver& receiver : found->second) receiver(item);
}

const std::shared_ptr<WindowProgress>& StreamLane::progress(const std::string& window) {
  std::shared_ptr<WindowProgress>& progress = progress_[window];
  if (!progress) progress = std::make_shared<WindowProgress>();
  return progress;
}

bool StreamLane::has_room() const {
  return std::all_of(bounds_.begin(), bounds_.end(), [](const auto& has_room) { return has_room(); });
}

void StreamLane::on_room(std::function<void()> changed) {
  const std::lock_guard lock(listener_mutex_);
  listener_ = std::move(changed);
}

void StreamLane::tell_room() {
  const std::lock_guard lock(listener_mutex_);
  if (listener_) listener_();
}

}  // namespace actionflow
