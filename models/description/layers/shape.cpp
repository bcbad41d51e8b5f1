#include <fmt/format.h>

#include <algorithm>

#include "models/description/layers/layers.h"

namespace actionflow {

enum class CountedAxis { t, h, w, c };  // in the order in which values count

}  // namespace actionflow

template <>
struct actionflow::config::EnumNames<actionflow::CountedAxis> {
  using Axis = actionflow::CountedAxis;
  static constexpr std::array<std::pair<Axis, std::string_view>, 4> names{
      {{Axis::t, "t"}, {Axis::h, "h"}, {Axis::w, "w"}, {Axis::c, "c"}}};
};

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
  std::array<CountedAxis, 4> order{CountedAxis::t, CountedAxis::h, CountedAxis::w, CountedAxis::c};

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
  };
}

}  // namespace actionflow
