#include <fmt/format.h>

#include <algorithm>

#include "models/description/layers/layers.h"

namespace actionflow {
namespace {

void need_several(const Emitter& emitter) {
  if (emitter.inputs().size() < 2) {
    emitter.fail("joins layers, but has one input; expected from: [first, second, …]");
  }
}

// The extent that both become, or nothing: equal, or one of them 1.
bool widen_to(std::int64_t& result, std::int64_t extent) {
  if (result == 1) result = extent;
  return extent == result || extent == 1;
}

struct ConcatLayer : Layer {
  ValueAxis axis = ValueAxis::c;

  static void describe(config::Fields<ConcatLayer>& fields) {
    fields.add("axis", &ConcatLayer::axis, "along time, height, width or channels: t, h, w, c");
  }

  void emit(Emitter& emitter) const override {
    need_several(emitter);
    const int first = emitter.inputs().front();
    Extents result = emitter.extents(first);
    along(result, axis) = 0;
    for (const int input : emitter.inputs()) {
      const Extents& in = emitter.extents(input);
      along(result, axis) += along(in, axis);
      if (!fits(result, in))
        emitter.fail(fmt::format("{} and {} differ along another axis than {}", emitter.describe(first),
                                 emitter.describe(input), axis_name()));
    }
    emitter.add(Concat{axis}, emitter.inputs(), result);
  }

 private:
  bool fits(Extents& result, const Extents& in) const {
    for (const ValueAxis other : {ValueAxis::t, ValueAxis::h, ValueAxis::w})
      if (other != axis && !widen_to(along(result, other), along(in, other))) return false;
    return axis == ValueAxis::c || in.c == result.c;
  }

  std::string_view axis_name() const {
    for (const auto& [value, name] : config::EnumNames<ValueAxis>::names)
      if (value == axis) return name;
    return {};
  }
};

Extents common_extents(const Emitter& emitter) {
  const int first = emitter.inputs().front();
  Extents result = emitter.extents(first);
  for (const int input : emitter.inputs()) {
    const Extents& in = emitter.extents(input);
    const bool fits = widen_to(result.c, in.c) && widen_to(result.t, in.t) && widen_to(result.h, in.h) &&
                      widen_to(result.w, in.w);
    if (!fits) {
      emitter.fail(fmt::format("{} and {} differ", emitter.describe(first), emitter.describe(input)));
    }
  }
  return result;
}

template <Elementwise::Kind kind, bool mean = false>
struct ElementwiseLayer : Layer {
  static void describe(config::Fields<ElementwiseLayer>&) {}

  void emit(Emitter& emitter) const override {
    need_several(emitter);
    const float scale = mean ? 1.0F / static_cast<float>(emitter.inputs().size()) : 1.0F;
    emitter.add(Elementwise{.kind = kind, .scale = scale}, emitter.inputs(), common_extents(emitter));
  }
};

}  // namespace

std::vector<LayerKind> join_layers() {
  using enum Elementwise::Kind;
  const std::string twice = "from: [input, input]";
  return {
      layer_kind<ConcatLayer>("concat", "several layers one after another along an axis", twice),
      layer_kind<ElementwiseLayer<add>>("add", "the sum of several layers; extents of 1 are repeated", twice),
      layer_kind<ElementwiseLayer<add, true>>("average",
                                              "the mean of several layers; extents of 1 are repeated", twice),
      layer_kind<ElementwiseLayer<multiply>>(
          "multiply", "the product of several layers; extents of 1 are repeated", twice),
      layer_kind<ElementwiseLayer<maximum>>(
          "maximum", "the largest of several layers; extents of 1 are repeated", twice),
  };
}

}  // namespace actionflow
