#include "tests/base/allocations.h"

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {

struct Counters {
  std::size_t count = 0, bytes = 0, peak = 0;
};
thread_local Counters counters;

}  // namespace

// Over-aligned memory keeps the library's operators: the readers ask for none.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) return nullptr;
  ++counters.count;
  counters.bytes += malloc_usable_size(memory);
  counters.peak = std::max(counters.peak, counters.bytes);
  return memory;
}
void* operator new(std::size_t size) {
  void* memory = operator new(size, std::nothrow);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept {
  if (memory != nullptr) counters.bytes -= malloc_usable_size(memory);
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

namespace actionflow::testing {

Allocations::Allocations() : count_(counters.count), bytes_(counters.bytes) {
  counters.peak = counters.bytes;
}
std::size_t Allocations::count() const { return counters.count - count_; }
std::size_t Allocations::peak_bytes() const { return counters.peak - bytes_; }

}  // namespace actionflow::testing
