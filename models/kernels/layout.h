// How a value lies in a plan's memory: N,T,H,W,C, channels last, each position's channels padded.
//
// Padding channels hold zeros wherever a kernel could read them, or finite values that no kernel reads.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/tensor/tensor.h"
#include "models/graph/graph.h"

namespace actionflow::kernels {

enum class ElementType { f32, bf16 };

inline std::size_t bytes_of(ElementType type) { return type == ElementType::f32 ? 4 : 2; }

// Channels come in vectors of 16, one AVX-512 register of floats.
inline constexpr std::int64_t kChannelBlock = 16;
inline std::int64_t padded_channels(std::int64_t channels) {
  return (channels + kChannelBlock - 1) / kChannelBlock * kChannelBlock;
}

struct Layout {
  std::int64_t batch = 1;
  Extents extents;
  std::int64_t padded = 1;  // channels with padding: from one position to the next, in elements
  ElementType type = ElementType::f32;

  std::int64_t rows() const { return batch * extents.positions(); }
  std::int64_t elements() const { return rows() * padded; }
  std::int64_t frame() const { return extents.h * extents.w * padded; }  // elements of one sample in time
  std::size_t bytes() const { return static_cast<std::size_t>(elements()) * bytes_of(type); }
  bool operator==(const Layout&) const = default;
};

// "ndhwc16 f32", "ndhwc3 f32": the number is what one position holds.
std::string to_string(const Layout& layout);

// N×C×T×H×W, as people see the value.
Shape plain_shape(const Layout& layout);

// What is done to a result before it is written.
struct ScaleShift {
  std::vector<float> scale, shift;  // one a channel, without padding
};
struct AddInput {
  int input = 1;          // which of the kernel's inputs is added; it has the output's layout
  bool in_place = false;  // the output's memory is that input's
};
using PostOperation = std::variant<Activation, ScaleShift, AddInput>;

// f(0) = 0: padding stays zero.
bool keeps_zero(ActivationKind kind);

// `values`, each of them one a channel, with zeros up to `padded`.
std::vector<float> with_padding(const std::vector<float>& values, std::int64_t padded);

}  // namespace actionflow::kernels
