// The inner loops of our convolutions of integers, as models/kernels/indirect/loops.h has those of floats.
//
// Inputs are widened to 16 bits; two channels are multiplied and added at once, which no pair of an 8-bit
// number and an 8-bit weight can overflow. Sums are exact, so their order does not count.
//
//   weights [out/OB][tap][channel/2][OB][2]
//   sums    [position][OB], for OB outputs at a time
//
// OB is two vectors of 32 bits wide; 64-byte aligned. Each function runs on one thread.
#pragma once

#include <cstdint>

namespace actionflow::kernels::integers {

struct Strip {
  const void* const* sources =
      nullptr;                       // [tap][position] to 16-bit channels; null first: nothing is met here
  std::int64_t positions = 0;        // at most Loops::positions
  std::int64_t taps = 0, pairs = 0;  // pairs: of a tap's channels
  const std::int16_t* weights = nullptr;
  std::int32_t* sums = nullptr;
  bool begins = false;  // the sums are set, else added to
};

struct Loops {
  const char* name;
  std::int64_t out_block;  // OB
  std::int64_t positions;  // of a strip: as many as registers can sum
  void (*multiply)(const Strip&);
  // out[i] = in[i]
  void (*widen_u8)(const std::uint8_t* in, std::int16_t* out, std::int64_t n);
  void (*widen_s8)(const std::int8_t* in, std::int16_t* out, std::int64_t n);
  // out[position·out_stride + c] = sums[position·OB + c]·scales[c] + bias[c], for `channels` of them
  void (*finish)(const std::int32_t* sums, std::int64_t positions, std::int64_t channels, const float* scales,
                 const float* bias, float* out, std::int64_t out_stride);
};

const Loops* generic_loops();
const Loops* avx2_loops();
const Loops* avx512_loops();
const Loops& loops();  // those of this processor

}  // namespace actionflow::kernels::integers
