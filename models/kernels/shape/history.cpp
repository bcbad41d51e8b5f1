// What a stream brought before, kept between runs.
#include <algorithm>
#include <bit>
#include <cstring>

#include "models/kernels/operations.h"

namespace actionflow::kernels {
namespace {

// The state: how many of the kept samples the stream has brought, then those samples of each clip. Zeroed
// memory is a stream's beginning.
template <class T>
class HistoryKernel final : public Kernel {
 public:
  HistoryKernel(const History& operation, const Layout& in, const Layout& out)
      : steps_(operation.steps), in_(in), out_(out), outside_(element(operation.outside)) {}

  std::string implementation() const override { return "own:history"; }
  std::size_t state_bytes() const override {
    return kHead + static_cast<std::size_t>(in_.batch) * kept_bytes();
  }

  void run(const Arguments& arguments) const override {
    std::int64_t seen = 0;
    if (arguments.state != nullptr) std::memcpy(&seen, arguments.state, sizeof seen);
    for (std::int64_t n = 0; n < in_.batch; ++n) run_clip(arguments, n, seen);
    seen = std::min<std::int64_t>(seen + in_.extents.t, steps_);
    if (arguments.state != nullptr) std::memcpy(arguments.state, &seen, sizeof seen);
  }

 private:
  static constexpr std::size_t kHead = 64;

  static T element(float value) {
    if constexpr (sizeof(T) == sizeof(float)) return value;
    return static_cast<T>(std::bit_cast<std::uint32_t>(value) >> 16U);
  }

  std::size_t kept_bytes() const { return static_cast<std::size_t>(steps_ * in_.frame()) * sizeof(T); }

  void run_clip(const Arguments& arguments, std::int64_t n, std::int64_t seen) const {
    const std::int64_t missing = (steps_ - seen) * in_.frame();
    T* const out = static_cast<T*>(arguments.output) + n * out_.extents.t * out_.frame();
    T* const now = out + steps_ * in_.frame();
    const T* const in = static_cast<const T*>(arguments.inputs[0]) + n * in_.extents.t * in_.frame();
    std::memcpy(now, in, static_cast<std::size_t>(in_.extents.t * in_.frame()) * sizeof(T));
    if (arguments.state != nullptr) {
      T* const kept =
          reinterpret_cast<T*>(static_cast<std::byte*>(arguments.state) + kHead) + n * steps_ * in_.frame();
      std::memcpy(out, kept, kept_bytes());
      std::memcpy(kept, out + in_.extents.t * in_.frame(), kept_bytes());
    }
    std::fill(out, out + missing, outside_);
  }

  std::int64_t steps_;
  Layout in_, out_;
  T outside_;
};

}  // namespace

std::unique_ptr<Kernel> make_history(const History& operation, const Layout& in, const Layout& out) {
  if (out.type == ElementType::bf16)
    return std::make_unique<HistoryKernel<std::uint16_t>>(operation, in, out);
  return std::make_unique<HistoryKernel<float>>(operation, in, out);
}

}  // namespace actionflow::kernels
