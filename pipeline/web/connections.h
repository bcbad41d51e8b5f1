// The connections of a server: how many there are, and which one has to go for the next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

namespace actionflow {

// Thread-safe. Descriptors are the caller's to close, after remove().
class Connections {
 public:
  explicit Connections(std::size_t most) : most_(most) {}

  // False after close_all(). Beyond the most, that one is shut down which has kept waiting longest for its
  // request, else the one that has been answered longest.
  bool add(int descriptor);
  void remove(int descriptor);
  // A request is there, or the next one is waited for.
  void answering(int descriptor, bool yes);
  void close_all();
  std::size_t count() const;

 private:
  struct Entry {
    bool answering = false;
    std::int64_t order = 0;  // of the last change
  };

  const std::size_t most_;
  mutable std::mutex mutex_;
  std::map<int, Entry> entries_;
  std::int64_t order_ = 0;
  bool closed_ = false;
};

}  // namespace actionflow
