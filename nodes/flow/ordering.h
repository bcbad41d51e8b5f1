// Puts items in order, and joins them: what waits in the graph, and cannot wait for ever because every
// item is answered exactly once. Each is used by one serial node.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "nodes/flow/item.h"

namespace actionflow {

// Gives each stream's items in the order of their numbers, which count from 0 without a gap.
template <class T>
class InOrder {
 public:
  // Calls emit(const Item<T>&) for each item that is now in order.
  template <class Emit>
  void put(Item<T> item, Emit&& emit) {
    const std::lock_guard lock(mutex_);
    Line& line = lines_[item.key.stream];
    line.waiting.emplace(item.key.number, std::move(item));
    for (auto next = line.waiting.begin(); next != line.waiting.end() && next->first == line.next;
         next = line.waiting.erase(next)) {
      ++line.next;
      emit(std::as_const(next->second));
    }
  }

  // The stream was detached: nothing of it waits here, and nothing more comes. From any thread.
  void forget(StreamId stream) {
    const std::lock_guard lock(mutex_);
    lines_.erase(stream);
  }
  std::size_t streams() const {
    const std::lock_guard lock(mutex_);
    return lines_.size();
  }

  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    std::size_t count = 0;
    for (const auto& [stream, line] : lines_) count += line.waiting.size();
    return count;
  }

 private:
  struct Line {
    std::int64_t next = 0;
    std::map<std::int64_t, Item<T>> waiting;
  };
  mutable std::mutex mutex_;
  std::map<StreamId, Line> lines_;
};

// Brings together the items of one key from several ports.
template <class T>
class JoinByKey {
 public:
  using Joined = Item<std::vector<T>>;

  explicit JoinByKey(std::size_t ports) : ports_(ports) {}

  // Calls emit(Joined) when the key's last port has arrived. A failure on any port rules, then a drop.
  template <class Emit>
  void put(std::size_t port, Item<T> item, Emit&& emit) {
    const ItemKey key = item.key;
    auto [entry, fresh] = waiting_.try_emplace(key, ports_);
    std::vector<std::optional<Item<T>>>& items = entry->second;
    items[port] = std::move(item);
    for (const auto& one : items) {
      if (!one) return;
    }
    Joined joined = join(items);
    waiting_.erase(entry);
    emit(std::move(joined));
  }

  std::size_t waiting() const { return waiting_.size(); }

 private:
  static Joined join(std::vector<std::optional<Item<T>>>& items) {
    const Item<T>& first = *items.front();
    Joined joined{first.key, first.mark, first.ticket, Dropped{}};
    std::vector<T> values;
    for (auto& item : items) {
      if (item->outcome.failed()) {
        joined.outcome = item->outcome.failure();
        return joined;
      }
      if (item->outcome.has_value()) values.push_back(std::move(item->outcome.value()));
    }
    if (values.size() == items.size()) joined.outcome = std::move(values);
    return joined;
  }

  std::size_t ports_;
  std::map<ItemKey, std::vector<std::optional<Item<T>>>> waiting_;
};

}  // namespace actionflow
