// What a stream brought before, kept between runs.
#include <algorithm>
#include <bit>
#include <cstring>

#include "models/kernels/operations.h"

namespace actionflow::kernels {
namespace {

// The state: how many samples the stream has brought, then the last `steps` of each clip, in a ring, so that
// each sample is put there once. Zeroed memory is a stream's beginning.
template <class T>
class HistoryKernel final : public Kernel {
 public:
  HistoryKernel(const History& operation, const Layout& in)
      : steps_(std::max(operation.steps, 0)),
        left_out_(std::max(-operation.steps, 0)),
        fresh_(in.extents.t),
        frame_(in.frame()),
        clips_(in.batch),
        outside_(element(operation.outside)) {}

  std::string implementation() const override { return "own:history"; }
  std::size_t state_bytes() const override {
    return steps_ == 0 ? 0 : kHead + static_cast<std::size_t>(clips_ * steps_ * frame_) * sizeof(T);
  }

  void run(const Arguments& arguments) const override {
    std::int64_t seen = 0;
    if (arguments.state != nullptr) std::memcpy(&seen, arguments.state, sizeof seen);
    for (std::int64_t n = 0; n < clips_; ++n) {
      T* const out = static_cast<T*>(arguments.output) + n * (steps_ + fresh_ - left_out_) * frame_;
      const T* const in = static_cast<const T*>(arguments.inputs[0]) + n * fresh_ * frame_;
      copy(in + left_out_ * frame_, fresh_ - left_out_, out + steps_ * frame_);
      if (arguments.state != nullptr) {
        T* const ring =
            reinterpret_cast<T*>(static_cast<std::byte*>(arguments.state) + kHead) + n * steps_ * frame_;
        recall(ring, seen, out);
        keep(in, seen, ring);
      }
      std::fill_n(out, std::max<std::int64_t>(0, steps_ - seen) * frame_, outside_);
    }
    seen += fresh_;
    if (arguments.state != nullptr) std::memcpy(arguments.state, &seen, sizeof seen);
  }

 private:
  static constexpr std::size_t kHead = 64;

  static T element(float value) {
    if constexpr (sizeof(T) == sizeof(float)) return value;
    if constexpr (sizeof(T) == 1) return 0;  // of integers nothing else is asked
    return static_cast<T>(std::bit_cast<std::uint32_t>(value) >> 16U);
  }

  void copy(const T* from, std::int64_t samples, T* to) const {
    std::memcpy(to, from, static_cast<std::size_t>(samples * frame_) * sizeof(T));
  }

  // Sample k of the stream stands at k % steps; the oldest one where the next one will be.
  void recall(const T* ring, std::int64_t seen, T* out) const {
    const std::int64_t oldest = seen % steps_;
    copy(ring + oldest * frame_, steps_ - oldest, out);
    copy(ring, oldest, out + (steps_ - oldest) * frame_);
  }

  void keep(const T* in, std::int64_t seen, T* ring) const {
    for (std::int64_t k = std::max<std::int64_t>(0, fresh_ - steps_); k < fresh_; ++k)
      copy(in + k * frame_, 1, ring + (seen + k) % steps_ * frame_);
  }

  std::int64_t steps_, left_out_, fresh_, frame_, clips_;
  T outside_;
};

}  // namespace

std::unique_ptr<Kernel> make_history(const History& operation, const Layout& in, const Layout& out) {
  if (is_integer(out.type)) return std::make_unique<HistoryKernel<std::uint8_t>>(operation, in);
  if (out.type == ElementType::bf16) return std::make_unique<HistoryKernel<std::uint16_t>>(operation, in);
  return std::make_unique<HistoryKernel<float>>(operation, in);
}

}  // namespace actionflow::kernels
