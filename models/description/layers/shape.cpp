#include <fmt/format.h>

#include <algorithm>

#include "models/description/layers/layers.h"

namespace actionflow {
namespace {

struct Flatten : Layer {
  bool keep_time = false;

  static void describe(config::Fields<Flatten>& fields) {
    fields.add("keep_time", &Flatten::keep_time, "each sample to a vector of its own: a sequence");
  }
  void emit(Emitter& emitter) const override {
    const int input = emitter.input();
    const Extents& in = emitter.extents(input);
    const std::int64_t steps = keep_time ? in.t : 1;
    const Extents result{in.size() / steps, steps, 1, 1};
    emitter.add(Reshape{.to = result}, {input}, result);
  }
};

struct ReshapeLayer : Layer {
  std::int64_t channels = 1, time = 1, height = 1, width = 1;

  static void describe(config::Fields<ReshapeLayer>& fields) {
    using Self = ReshapeLayer;
    const std::int64_t most = std::int64_t{1} << 31;
    fields.add("time", &Self::time, "-1: what remains").range(-1, most);
    fields.add("height", &Self::height, "-1: what remains").range(-1, most);
    fields.add("width", &Self::width, "-1: what remains").range(-1, most);
    fields.add("channels", &Self::channels, "-1: what remains").range(-1, most);
  }

  void emit(Emitter& emitter) const override {
    const int input = emitter.input();
    const Extents result = resolve(emitter, input);
    emitter.add(Reshape{.to = result}, {input}, result);
  }

 private:
  Extents resolve(const Emitter& emitter, int input) const {
    std::array<std::int64_t, 4> to{channels, time, height, width};
    std::int64_t known = 1;
    std::int64_t* open = nullptr;
    for (std::int64_t& extent : to) {
      if (extent == -1 && open == nullptr) {
        open = &extent;
      } else if (extent < 1 || __builtin_mul_overflow(known, extent, &known)) {
        refuse(emitter, input);
      }
    }
    const std::int64_t size = emitter.extents(input).size();
    if (open != nullptr) {
      if (size % known != 0) refuse(emitter, input);
      *open = size / known;
    } else if (known != size) {
      refuse(emitter, input);
    }
    return {to[0], to[1], to[2], to[3]};
  }

  [[noreturn]] void refuse(const Emitter& emitter, int input) const {
    emitter.fail(
        fmt::format("{}×{}×{}×{} does not hold the {} values of its input {} (at most one extent may be -1)",
                    channels, time, height, width, emitter.extents(input).size(), emitter.describe(input)));
  }
};

struct PermuteLayer : Layer {
  std::array<ValueAxis, 4> order{ValueAxis::t, ValueAxis::h, ValueAxis::w, ValueAxis::c};

  static void describe(config::Fields<PermuteLayer>& fields) {
    fields
        .add("order", &PermuteLayer::order,
             "the result's time, height, width and channels: which axis of the input")
        .required();
  }

  void emit(Emitter& emitter) const override {
    const int input = emitter.input();
    const Extents& in = emitter.extents(input);
    const std::array<std::int64_t, 4> thwc{in.t, in.h, in.w, in.c};
    std::array<std::int64_t, 4> to{};
    std::array<int, 4> seen{};
    Permute permute;
    for (std::size_t i = 0; i < 4; ++i) {
      permute.order[i] = static_cast<int>(order[i]);
      to[i] = thwc[static_cast<std::size_t>(order[i])];
      ++seen[static_cast<std::size_t>(order[i])];
    }
    if (std::count(seen.begin(), seen.end(), 1) != 4)
      emitter.fail("order must name each of t, h, w and c once");
    emitter.add(permute, {input}, {to[3], to[0], to[1], to[2]});
  }
};

// Where each step of the result comes from: rows first, so that they stand behind columns in the channels.
struct PatchMerging : Layer {
  static void describe(config::Fields<PatchMerging>&) {}

  void emit(Emitter& emitter) const override {
    const int input = emitter.input();
    const Extents& in = emitter.extents(input);
    if (in.h % 2 != 0 || in.w % 2 != 0)
      emitter.fail(fmt::format("its input {} has an odd height or width, expected even ones",
                               emitter.describe(input)));
    const Extents rows{in.c, in.t * in.h / 2, 2, in.w}, turned{in.c, in.t * in.h / 2, in.w, 2};
    const Extents result{4 * in.c, in.t, in.h / 2, in.w / 2};
    const int split = emitter.add(Reshape{.to = rows}, {input}, rows, {}, "rows");
    const int moved = emitter.add(Permute{.order = {0, 2, 1, 3}}, {split}, turned, {}, "turned");
    emitter.add(Reshape{.to = result}, {moved}, result);
  }
};

struct SliceLayer : Layer {
  ValueAxis axis = ValueAxis::t;
  std::int64_t begin = 0, count = 0;

  static void describe(config::Fields<SliceLayer>& fields) {
    const std::int64_t most = std::int64_t{1} << 31;
    fields.add("axis", &SliceLayer::axis, "time, height, width or channels: t, h, w, c").required();
    fields.add("begin", &SliceLayer::begin, "the first step").range(0, most);
    fields.add("count", &SliceLayer::count, "how many; 0 or less: all from there on but so many at the end")
        .range(-most, most);
  }
  void emit(Emitter& emitter) const override {
    const int input = emitter.input();
    Extents result = emitter.extents(input);
    std::int64_t& steps = along(result, axis);
    const std::int64_t taken = count > 0 ? count : steps - begin + count;
    if (taken < 1 || begin + taken > steps)
      emitter.fail(fmt::format("takes {} steps from {} on, but its input {} has {} there", taken, begin,
                               emitter.describe(input), steps));
    steps = taken;
    emitter.add(Slice{.axis = axis, .begin = begin, .count = taken}, {input}, result);
  }
};

}  // namespace

std::vector<LayerKind> shape_layers() {
  return {
      layer_kind<Flatten>("flatten",
                          "all values as channels of one vector, counted time, height, width, channels",
                          "keep_time: true"),
      layer_kind<ReshapeLayer>("reshape",
                               "the same values, counted time, height, width, channels, in other extents",
                               "time: 3, height: 2, width: 8, channels: -1"),
      layer_kind<PermuteLayer>("permute", "axes in another order", "order: [h, t, w, c]"),
      layer_kind<SliceLayer>("slice", "some steps along an axis", "axis: w, begin: 2, count: 5"),
      layer_kind<PatchMerging>(
          "patch_merging", "each 2×2 places' channels as one's, by column, then row: height and width halve",
          ""),
  };
}

}  // namespace actionflow
