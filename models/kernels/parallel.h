// The loop that our kernels share out among OpenMP threads.
#pragma once

#include <cstdint>

namespace actionflow::kernels {

// Below this many elementary operations a second thread costs more than it brings.
inline constexpr std::int64_t kWorthThreads = 1 << 16;

// body(i) for i in [0, count), in contiguous stretches; `work`: elementary operations of all together.
template <class F>
void parallel_for(std::int64_t count, std::int64_t work, F&& body) {
#pragma omp parallel for schedule(static) if (work >= kWorthThreads && count > 1)
  for (std::int64_t i = 0; i < count; ++i) body(i);
}

}  // namespace actionflow::kernels
