// What a value means on the way to an attention: products of queries and keys, and what is added to them.
//
// Files hold attention as products, sums, slices and a Softmax. Each is read as the general layer that it is,
// and beside that it is noted what its value means. Where all of an attention is found so, one layer gives
// its result, and the general ones, which nothing reads then, are left out; where not, they run.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "models/formats/onnx/operators/operators.h"

namespace actionflow::onnx {

// The heads of queries, keys or values: equal parts of the channels, in their order.
struct Heads {
  std::int64_t count = 1;
  Dim rest;  // of the leading axes what is not heads: windows, which do not see each other
  Dim positions;
};
// The last two axes are positions and the numbers of a head. Nothing where the channels lie otherwise.
std::optional<Heads> read_heads(const Value& value);

// A query's products with one vector for each step of the keys along one of their axes, which differ by the
// query's own place along that axis: a bias by distance along it.
struct DistanceTerm {
  std::string queries;  // the layer that gives them, and the first of its positions that has a bias
  std::int64_t first = 0;
  Piece query, key;  // the axis as a piece of the queries' positions and of the keys'
  Tensor vectors;    // query × key × numbers of a head
};

// Added to scores from these positions on.
struct ScoreBias {
  std::int64_t first_query = 0, first_key = 0;
  Tensor constant;  // keys × windows × heads × queries, 1 where it repeats; or, where empty:
  std::vector<DistanceTerm> terms;
};

struct ScoreProduct {
  Value query, keys;  // keys with positions and numbers as the queries have them
  float scale = 1;
};

struct Scores {
  // ONNX' axes along those of scores: windows lie along time, heads along height, queries along width, keys
  // along channels.
  AxisView view;
  AxisExtents extents{1, 1, 1, 1};
  std::optional<ScoreProduct> product;          // nothing for terms of a bias by themselves
  std::int64_t first_query = 0, first_key = 0;  // where a part of the scores begins
  std::vector<std::shared_ptr<const ScoreBias>> biases;
  bool softmaxed = false;
};

// a·b or a·bᵀ of the last two axes, where all axes before them are alike; nothing for other nodes. Einsum,
// too.
enum class ProductForm { plain, transposed };
std::optional<ProductForm> product_form(const Node& node);

// What the node's result means; null where it is nothing on the way to an attention.
std::shared_ptr<const Scores> scores_after(const Use& use, const Value& result);

}  // namespace actionflow::onnx
