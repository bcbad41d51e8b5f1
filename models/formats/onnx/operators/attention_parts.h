// What an attention of a file is made of, as the attention layer has it: windows, their mask, and biases by
// distance.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/formats/onnx/operators/scores.h"

namespace actionflow::onnx {

constexpr std::size_t kSpan = 3;  // time, height, width
using Triple = std::array<std::int64_t, kSpan>;

inline Triple span_of(const AxisExtents& extents) {
  return {extents[kTime], extents[kHeight], extents[kWidth]};
}

// What an attention reads, with what it is put together from.
struct AttentionMatch {
  Value query, keys, values;
  float scale = 1;
  std::int64_t heads = 1, channels = 1;  // channels of a head
  Dim rest = {}, positions = {};         // of queries
};

inline bool is_rolled(const AttentionMatch& match) { return match.query.roll != AxisExtents{}; }

// Extents of the windows in which positions see each other: along each axis the positions' fast part, where
// the windows' own places are the rest. Nothing where they lie otherwise.
std::optional<Triple> windows_of(const AttentionMatch& match);

// Whether the constant hides from each other just those that meet in a window by its coming around an end.
bool is_mask_of_roll(const AttentionMatch& match, const Tensor& mask);

// The table of which the constants of windows are made: a number for each distance and head. Nothing where
// they differ for one distance.
std::optional<Tensor> table_of(const AttentionMatch& match, const Triple& window,
                               const std::vector<const Tensor*>& constants);

struct DecomposedBias {
  Triple queries{1, 1, 1}, keys{1, 1, 1};
  std::int64_t first = 0;  // 1: behind a class token
  std::array<Tensor, kSpan> vectors;
};
// Of terms along one to three axes, which are the last ones of time, height and width.
std::optional<DecomposedBias> decomposed(const AttentionMatch& match, const ScoreBias& bias);

}  // namespace actionflow::onnx
