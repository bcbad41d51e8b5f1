#include "pipeline/web/connections.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace actionflow {

bool Connections::add(int descriptor) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  if (entries_.size() >= most_) {
    const auto longest = std::min_element(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
      return std::pair(a.second.answering, a.second.order) < std::pair(b.second.answering, b.second.order);
    });
    shutdown(longest->first, SHUT_RDWR);
    longest->second = {true, order_++};  // on its way out
  }
  entries_[descriptor] = {false, order_++};
  return true;
}

void Connections::remove(int descriptor) {
  const std::lock_guard lock(mutex_);
  entries_.erase(descriptor);
}

void Connections::answering(int descriptor, bool yes) {
  const std::lock_guard lock(mutex_);
  entries_[descriptor] = {yes, order_++};
}

void Connections::close_all() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (const auto& [descriptor, entry] : entries_) shutdown(descriptor, SHUT_RDWR);
}

std::size_t Connections::count() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace actionflow
