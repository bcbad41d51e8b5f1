// Channels shifted along time: moved, never changed.
#include <array>
#include <cstring>

#include "models/kernels/operations.h"
#include "models/kernels/parallel.h"

namespace actionflow::kernels {
namespace {

// Channels [first, end) come from so many samples on.
struct Moved {
  std::int64_t first, end, from;
};

template <class T>
class TimeShiftKernel final : public Kernel {
 public:
  TimeShiftKernel(const TimeShift& operation, Direction direction, const Layout& in, const Layout& out)
      : in_(in), out_(out) {
    const int sign = direction == Direction::forward ? 1 : -1;
    // Where the result's first sample stands in the input.
    const std::int64_t base =
        direction == Direction::forward ? static_cast<int>(operation.previous > 0) - operation.pad_begin : 0;
    const std::int64_t shifted = operation.next + operation.previous;
    moved_ = {Moved{0, operation.next, base + sign}, Moved{operation.next, shifted, base - sign},
              Moved{shifted, out.padded, base}};
  }

  std::string implementation() const override { return "own:time_shift"; }
  void run(const Arguments& arguments) const override {
    const std::int64_t places = out_.extents.h * out_.extents.w, steps = in_.extents.t;
    parallel_for(out_.rows(), out_.elements(), [&](std::int64_t row) {
      const std::int64_t place = row % places, t = row / places % out_.extents.t;
      const std::int64_t n = row / out_.extents.positions();
      T* const out = static_cast<T*>(arguments.output) + row * out_.padded;
      for (const Moved& moved : moved_) {
        const std::int64_t from = t + moved.from;
        const auto bytes = static_cast<std::size_t>(moved.end - moved.first) * sizeof(T);
        if (from < 0 || from >= steps) {
          std::memset(out + moved.first, 0, bytes);
        } else {
          const T* const in = static_cast<const T*>(arguments.inputs[0]);
          std::memcpy(out + moved.first,
                      in + ((n * steps + from) * places + place) * in_.padded + moved.first, bytes);
        }
      }
    });
  }

 private:
  Layout in_, out_;
  std::array<Moved, 3> moved_{};
};

}  // namespace

std::unique_ptr<Kernel> make_time_shift(const TimeShift& operation, Direction direction, const Layout& in,
                                        const Layout& out) {
  if (is_integer(out.type))
    return std::make_unique<TimeShiftKernel<std::uint8_t>>(operation, direction, in, out);
  if (out.type == ElementType::bf16)
    return std::make_unique<TimeShiftKernel<std::uint16_t>>(operation, direction, in, out);
  return std::make_unique<TimeShiftKernel<float>>(operation, direction, in, out);
}

}  // namespace actionflow::kernels
