// Sharing out one kernel's block of memory: pieces in order, each 64-byte aligned.
#pragma once

#include <cstddef>
#include <cstdint>

#include "models/kernels/layout.h"

namespace actionflow::training {

class Pieces {
 public:
  // Where the piece begins, in bytes.
  std::size_t add(std::size_t bytes) {
    const std::size_t begin = end_;
    end_ += (bytes + 63) / 64 * 64;
    return begin;
  }
  std::size_t add(std::int64_t elements, kernels::ElementType type) {
    return add(static_cast<std::size_t>(elements) * kernels::bytes_of(type));
  }
  std::size_t add_floats(std::int64_t count) { return add(count, kernels::ElementType::f32); }
  std::size_t bytes() const { return end_; }

 private:
  std::size_t end_ = 0;
};

template <class T = void>
T* piece(void* block, std::size_t begin) {
  return static_cast<T*>(static_cast<void*>(static_cast<std::byte*>(block) + begin));
}
template <class T = void>
const T* piece(const void* block, std::size_t begin) {
  return static_cast<const T*>(static_cast<const void*>(static_cast<const std::byte*>(block) + begin));
}

}  // namespace actionflow::training
