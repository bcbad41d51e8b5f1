// How a value lies in a plan's memory: N,T,H,W,C, channels last, each position's channels padded.
//
// Padding channels hold zeros wherever a kernel could read them, or finite values that no kernel reads.
//
// Integers of 8 bits stand for scale·integer: u8 from 0 to 255, s8 from −128 to 127. Zero is zero in every
// type, so padding and what lies outside of a map is the same bytes in all of them.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/tensor/tensor.h"
#include "models/graph/graph.h"

namespace actionflow::kernels {

enum class ElementType { f32, bf16, u8, s8 };

inline bool is_integer(ElementType type) { return type == ElementType::u8 || type == ElementType::s8; }
inline std::size_t bytes_of(ElementType type) {
  return type == ElementType::f32 ? 4 : type == ElementType::bf16 ? 2 : 1;
}
std::string to_string(ElementType type);

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
  float scale = 1;  // of integers

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
  int input = 1;                        // which of the kernel's inputs is added; it lies as the output does
  bool in_place = false;                // the output's memory is that input's
  ElementType type = ElementType::f32;  // its elements', with their scale
  float scale = 1;
};
using PostOperation = std::variant<Activation, ScaleShift, AddInput>;

// f(0) = 0: padding stays zero.
bool keeps_zero(const Activation& activation);

// `values`, each of them one a channel, with zeros up to `padded`.
std::vector<float> with_padding(const std::vector<float>& values, std::int64_t padded);

}  // namespace actionflow::kernels
