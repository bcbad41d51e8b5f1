#include "models/kernels/aligned_floats.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace actionflow::kernels {

AlignedFloats::AlignedFloats(std::size_t count) : size_(count) {
  constexpr std::size_t kHugePage = std::size_t{1} << 21;
  const std::size_t bytes = count * sizeof(float);
  const std::size_t border = bytes >= kHugePage ? kHugePage : 64;
  const std::size_t rounded = std::max(border, (bytes + border - 1) / border * border);
  void* memory = std::aligned_alloc(border, rounded);
  if (memory == nullptr) throw std::bad_alloc();
  if (border == kHugePage) madvise(memory, rounded, MADV_HUGEPAGE);
  data_.reset(static_cast<float*>(memory));
  std::fill_n(data_.get(), rounded / sizeof(float), 0.0F);
}

AlignedFloats aligned(const std::vector<float>& values, std::int64_t count) {
  AlignedFloats result(static_cast<std::size_t>(count));
  std::copy(values.begin(), values.end(), result.data());
  return result;
}

}  // namespace actionflow::kernels
