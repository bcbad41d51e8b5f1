// Kernels that only move values: permute, reshape, selected frames.
#include <algorithm>
#include <array>
#include <cstring>

#include "models/kernels/operations.h"
#include "models/kernels/parallel.h"

namespace actionflow::kernels {
namespace {

template <class T>
void copy(const T* from, std::int64_t count, T* to) {
  std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(T));
}

template <class T>
class SelectFramesKernel final : public Kernel {
 public:
  SelectFramesKernel(const SelectFrames& operation, const Layout& in, const Layout& out)
      : frames_(operation.frames), in_(in), out_(out) {}

  std::string implementation() const override { return "own:select"; }
  void run(const Arguments& arguments) const override {
    const std::int64_t frame = in_.frame();
    parallel_for(out_.batch * out_.extents.t, out_.elements(), [&](std::int64_t i) {
      const std::int64_t n = i / out_.extents.t, t = frames_[static_cast<std::size_t>(i % out_.extents.t)];
      copy(static_cast<const T*>(arguments.inputs[0]) + (n * in_.extents.t + t) * frame, frame,
           static_cast<T*>(arguments.output) + i * frame);
    });
  }

 private:
  std::vector<int> frames_;
  Layout in_, out_;
};

// T,H,W,C
std::array<std::int64_t, 4> time_space_channels(const Extents& e) { return {e.t, e.h, e.w, e.c}; }

// Element `index` of the output, counted T,H,W,C without padding, comes from where `source` says.
// Written row by row, one row a position.
template <class T, class Source>
void gather(const Layout& in, const Layout& out, const Arguments& arguments, Source source) {
  const std::int64_t channels = out.extents.c, positions = out.extents.positions();
  parallel_for(out.rows(), out.elements() * 4, [&](std::int64_t row) {
    const T* from =
        static_cast<const T*>(arguments.inputs[0]) + row / positions * in.extents.positions() * in.padded;
    T* to = static_cast<T*>(arguments.output) + row * out.padded;
    source(row % positions, from, to);
    std::fill(to + channels, to + out.padded, T{0});
  });
}

template <class T>
class PermuteKernel final : public Kernel {
 public:
  PermuteKernel(const Permute& operation, const Layout& in, const Layout& out) : in_(in), out_(out) {
    const auto extents = time_space_channels(in.extents);
    std::array<std::int64_t, 4> strides{};
    std::int64_t stride = in.padded;
    strides[3] = 1;
    for (std::size_t axis = 3; axis-- > 0;) {
      strides[axis] = stride;
      stride *= extents[axis];
    }
    for (std::size_t axis = 0; axis < 4; ++axis)
      strides_[axis] = strides[static_cast<std::size_t>(operation.order[axis])];
  }

  std::string implementation() const override { return "own:permute"; }
  void run(const Arguments& arguments) const override {
    const Extents& e = out_.extents;
    gather<T>(in_, out_, arguments, [&](std::int64_t position, const T* from, T* to) {
      const std::int64_t w = position % e.w, h = position / e.w % e.h, t = position / (e.w * e.h);
      from += t * strides_[0] + h * strides_[1] + w * strides_[2];
      for (std::int64_t c = 0; c < e.c; ++c) to[c] = from[c * strides_[3]];
    });
  }

 private:
  Layout in_, out_;
  std::array<std::int64_t, 4> strides_{};  // in the input, by the output's axes
};

template <class T>
class ReshapeKernel final : public Kernel {
 public:
  ReshapeKernel(const Layout& in, const Layout& out) : in_(in), out_(out) {}

  std::string implementation() const override { return "own:reshape"; }
  void run(const Arguments& arguments) const override {
    const std::int64_t wide = out_.extents.c, narrow = in_.extents.c;
    gather<T>(in_, out_, arguments, [&](std::int64_t position, const T* from, T* to) {
      for (std::int64_t done = 0; done < wide;) {
        const std::int64_t index = position * wide + done, offset = index % narrow;
        const std::int64_t count = std::min(narrow - offset, wide - done);
        copy(from + index / narrow * in_.padded + offset, count, to + done);
        done += count;
      }
    });
  }

 private:
  Layout in_, out_;
};

// The kernel for the type that all its values have.
template <template <class> class K, class... Arguments>
std::unique_ptr<Kernel> make_for(ElementType type, const Arguments&... arguments) {
  if (is_integer(type)) return std::make_unique<K<std::uint8_t>>(arguments...);
  if (type == ElementType::bf16) return std::make_unique<K<std::uint16_t>>(arguments...);
  return std::make_unique<K<float>>(arguments...);
}

}  // namespace

std::unique_ptr<Kernel> make_permute(const Permute& operation, const Layout& in, const Layout& out) {
  return make_for<PermuteKernel>(out.type, operation, in, out);
}
std::unique_ptr<Kernel> make_reshape(const Layout& in, const Layout& out) {
  return make_for<ReshapeKernel>(out.type, in, out);
}
std::unique_ptr<Kernel> make_select_frames(const SelectFrames& operation, const Layout& in,
                                           const Layout& out) {
  return make_for<SelectFramesKernel>(out.type, operation, in, out);
}

}  // namespace actionflow::kernels
