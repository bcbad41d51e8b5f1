// Floats for vector loads: weights that kernels prepare once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

namespace actionflow::kernels {

// Zeroed floats on 64-byte borders; large ones on huge pages where the system gives them.
class AlignedFloats {
 public:
  explicit AlignedFloats(std::size_t count);
  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(float* p) const { std::free(p); }
  };
  std::unique_ptr<float[], Free> data_;
  std::size_t size_;
};

// The values, then zeros up to `count`.
AlignedFloats aligned(const std::vector<float>& values, std::int64_t count);

}  // namespace actionflow::kernels
