#include <fmt/format.h>

#include <algorithm>

#include "models/description/layers/layers.h"

template <>
struct actionflow::config::EnumNames<actionflow::PositionEmbedding::Kind> {
  using Kind = actionflow::PositionEmbedding::Kind;
  static constexpr std::array<std::pair<Kind, std::string_view>, 2> names{
      {{Kind::learned, "learned"}, {Kind::sinusoid, "sinusoid"}}};
};

namespace actionflow {
namespace {

struct ClassTokenLayer : Layer {
  ValueAxis axis = ValueAxis::w;

  static void describe(config::Fields<ClassTokenLayer>& fields) {
    fields.add("axis", &ClassTokenLayer::axis, "along which it stands first: t, h or w");
  }

  void emit(Emitter& emitter) const override {
    const int input = emitter.input();
    Extents result = emitter.extents(input);
    if (axis == ValueAxis::c) emitter.fail("axis is c, expected t, h or w");
    ++along(result, axis);
    emitter.add(ClassToken{axis}, {input}, result,
                {emitter.parameter("token", {result.c}, Initializer::small_normal)});
  }
};

struct PositionEmbeddingLayer : Layer {
  PositionEmbedding::Kind kind = PositionEmbedding::Kind::learned;
  std::vector<ValueAxis> over{ValueAxis::t, ValueAxis::h, ValueAxis::w};

  static void describe(config::Fields<PositionEmbeddingLayer>& fields) {
    using Self = PositionEmbeddingLayer;
    fields.add("kind", &Self::kind, "learned, or a fixed sinusoid of the position's number");
    fields.add("over", &Self::over, "along which axes a learned one differs: some of t, h, w");
  }

  void emit(Emitter& emitter) const override {
    const int input = emitter.input();
    const Extents& in = emitter.extents(input);
    std::vector<Parameter> parameters;
    if (kind == PositionEmbedding::Kind::learned) {
      const auto extent = [&](ValueAxis axis) {
        return std::find(over.begin(), over.end(), axis) == over.end() ? 1 : along(in, axis);
      };
      parameters.push_back(emitter.parameter(
          "embedding", {extent(ValueAxis::t), extent(ValueAxis::h), extent(ValueAxis::w), in.c},
          Initializer::small_normal));
    }
    emitter.add(PositionEmbedding{kind}, {input}, in, std::move(parameters));
  }
};

}  // namespace

std::vector<LayerKind> embedding_layers() {
  return {
      layer_kind<ClassTokenLayer>("class_token", "a learned vector before the first step along an axis", ""),
      layer_kind<PositionEmbeddingLayer>("position_embedding", "adds what tells positions apart",
                                         "over: [h, w]")};
}

}  // namespace actionflow
