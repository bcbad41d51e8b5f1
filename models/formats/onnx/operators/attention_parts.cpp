#include "models/formats/onnx/operators/attention_parts.h"

#include <algorithm>

#include "models/graph/relative_positions.h"

namespace actionflow::onnx {
namespace {

// Coordinates by pieces: of the i-th of all that they count, the slowest first.
void add_coordinates(const Dim& pieces, std::int64_t i, Triple& at) {
  for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
    at[static_cast<std::size_t>(piece->axis)] += i % piece->extent * piece->stride;
    i /= piece->extent;
  }
}

// Element (key, window, head, query) of what repeats along axes of extent 1.
float element(const Tensor& t, std::int64_t key, std::int64_t window, std::int64_t head, std::int64_t query) {
  const auto at = [&](int axis, std::int64_t i) { return t.dim(axis) == 1 ? 0 : i; };
  return t[((at(0, key) * t.dim(1) + at(1, window)) * t.dim(2) + at(2, head)) * t.dim(3) + at(3, query)];
}

// One vector for each distance; nothing where they differ for one.
std::optional<Tensor> vectors_by_distance(const Tensor& vectors) {
  const std::int64_t queries = vectors.dim(0), keys = vectors.dim(1), channels = vectors.dim(2);
  Tensor result({2 * std::max(queries, keys) - 1, channels});
  std::vector<bool> known(static_cast<std::size_t>(result.dim(0)), false);
  for (std::int64_t q = 0; q < queries; ++q)
    for (std::int64_t k = 0; k < keys; ++k) {
      const std::int64_t row = decomposed_row(static_cast<int>(q), static_cast<int>(k),
                                              static_cast<int>(queries), static_cast<int>(keys));
      if (row < 0 || row >= result.dim(0)) return std::nullopt;
      const float* from = vectors.data() + (q * keys + k) * channels;
      float* to = result.data() + row * channels;
      if (known[static_cast<std::size_t>(row)] && !std::equal(from, from + channels, to)) return std::nullopt;
      std::copy_n(from, channels, to);
      known[static_cast<std::size_t>(row)] = true;
    }
  return result;
}

}  // namespace

std::optional<Triple> windows_of(const AttentionMatch& match) {
  Triple window{1, 1, 1};
  int last = -1;
  for (const Piece& piece : match.positions) {
    if (piece.axis <= last || piece.stride != 1) return std::nullopt;
    last = piece.axis;
    window[static_cast<std::size_t>(piece.axis)] = piece.extent;
  }
  for (std::size_t axis = 0; axis < kSpan; ++axis) {
    const std::int64_t extent = match.query.extents[axis];
    if (extent % window[axis] != 0) return std::nullopt;
    const Piece expected{static_cast<int>(axis), extent / window[axis], window[axis]};
    if (expected.extent > 1 && std::find(match.rest.begin(), match.rest.end(), expected) == match.rest.end())
      return std::nullopt;
  }
  return window;
}

bool is_mask_of_roll(const AttentionMatch& match, const Tensor& mask) {
  constexpr float kHidden = -50;  // and below: no share that f32 could hold
  const std::int64_t windows = extent_of(match.rest), count = extent_of(match.positions);
  const Triple extents = span_of(match.query.extents);
  std::vector<int> around(static_cast<std::size_t>(count));
  for (std::int64_t window = 0; window < windows; ++window) {
    for (std::int64_t i = 0; i < count; ++i) {
      Triple at{};
      add_coordinates(match.rest, window, at);
      add_coordinates(match.positions, i, at);
      int& own = around[static_cast<std::size_t>(i)] = 0;
      for (std::size_t axis = 0; axis < kSpan; ++axis)
        own = own * 2 + (at[axis] + match.query.roll[axis] >= extents[axis] ? 1 : 0);
    }
    for (std::int64_t query = 0; query < count; ++query)
      for (std::int64_t key = 0; key < count; ++key) {
        const float value = element(mask, key, window, 0, query);
        const bool sees = around[static_cast<std::size_t>(query)] == around[static_cast<std::size_t>(key)];
        if (sees ? value != 0 : !(value <= kHidden)) return false;
      }
  }
  return true;
}

std::optional<Tensor> table_of(const AttentionMatch& match, const Triple& window,
                               const std::vector<const Tensor*>& constants) {
  const Triple sides{2 * window[0] - 1, 2 * window[1] - 1, 2 * window[2] - 1};
  Tensor table({sides[0] * sides[1] * sides[2], match.heads});
  std::vector<bool> known(static_cast<std::size_t>(table.dim(0)), false);
  const std::int64_t count = window[0] * window[1] * window[2];
  for (std::int64_t query = 0; query < count; ++query)
    for (std::int64_t key = 0; key < count; ++key) {
      Triple q{}, k{};
      add_coordinates(match.positions, query, q);
      add_coordinates(match.positions, key, k);
      std::int64_t row = 0;
      for (std::size_t axis = 0; axis < kSpan; ++axis)
        row = row * sides[axis] + q[axis] - k[axis] + window[axis] - 1;
      for (std::int64_t head = 0; head < match.heads; ++head) {
        float sum = 0;
        for (const Tensor* constant : constants) sum += element(*constant, key, 0, head, query);
        float& held = table[row * match.heads + head];
        if (known[static_cast<std::size_t>(row)] && held != sum) return std::nullopt;
        held = sum;
      }
      known[static_cast<std::size_t>(row)] = true;
    }
  return table;
}

std::optional<DecomposedBias> decomposed(const AttentionMatch& match, const ScoreBias& bias) {
  std::vector<const DistanceTerm*> terms;
  for (const DistanceTerm& term : bias.terms) terms.push_back(&term);
  if (terms.empty() || terms.size() > kSpan || !match.rest.empty() || is_rolled(match)) return std::nullopt;
  std::sort(terms.begin(), terms.end(),
            [](const auto* a, const auto* b) { return a->key.stride > b->key.stride; });
  DecomposedBias result;
  result.first = bias.first_query;
  const std::size_t before = kSpan - terms.size();
  std::int64_t query_stride = 1, key_stride = 1;
  for (std::size_t i = terms.size(); i-- > 0;) {
    const DistanceTerm& term = *terms[i];
    if (term.queries != match.query.layer || term.first != bias.first_query ||
        (term.query.extent > 1 && term.query.stride != query_stride) ||
        (term.key.extent > 1 && term.key.stride != key_stride))
      return std::nullopt;
    auto vectors = vectors_by_distance(term.vectors);
    if (!vectors) return std::nullopt;
    result.queries[before + i] = term.query.extent;
    result.keys[before + i] = term.key.extent;
    result.vectors[before + i] = *std::move(vectors);
    query_stride *= term.query.extent;
    key_stride *= term.key.extent;
  }
  for (std::size_t axis = 0; axis < before; ++axis) result.vectors[axis] = Tensor({1, match.channels});
  const bool fit =
      bias.first_query == bias.first_key && result.first <= 1 &&
      query_stride + result.first == extent_of(match.positions) &&
      key_stride + result.first == extent_of(match.values.view.dims[match.values.view.dims.size() - 2]);
  return fit ? std::optional(std::move(result)) : std::nullopt;
}

}  // namespace actionflow::onnx
