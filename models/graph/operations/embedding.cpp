#include "models/graph/operations/operation_traits.h"

namespace actionflow {

Traits traits_of(const ClassToken& token, const Graph&, const GraphNode&) {
  Traits traits;
  traits.name = "class token";
  if (token.axis == ValueAxis::t) traits.time.reset();
  traits.channelwise = true;
  return traits;
}

// Steps see the clip alike only where the embedding is the same for all of them.
Traits traits_of(const PositionEmbedding& embedding, const Graph&, const GraphNode& node) {
  Traits traits;
  traits.name = "position embedding";
  const bool timeless =
      embedding.kind == PositionEmbedding::Kind::learned && node.parameters.at(0).shape.at(0) == 1;
  if (!timeless && node.extents.t != 1) traits.time.reset();
  traits.channelwise = true;
  traits.in_place = true;
  return traits;
}

}  // namespace actionflow
