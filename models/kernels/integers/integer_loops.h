// The inner loops of our convolutions of integers, as models/kernels/indirect/loops.h has those of floats.
//
// A few channels' products are added at once: of two channels widened to 16 bits, or of four channels of
// bytes where the processor multiplies these. Neither can overflow, sums are exact in 32 bits, and so their
// order does not count, nor which form computes them. Bytes are multiplied unsigned by signed: what is signed
// is shifted by 128, and 128 times its weights is taken off the sum again.
//
//   weights [out/OB][tap][channel/group][OB][group]
//   sums    [position][OB], for OB outputs at a time
//
// OB is two vectors of 32 bits wide; 64-byte aligned. Each function runs on one thread.
#pragma once

#include <cstdint>

namespace actionflow::kernels::integers {

struct Strip {
  const void* const* sources = nullptr;  // [tap][position] to channels; null first: nothing is met here
  std::int64_t positions = 0;            // at most Loops::positions
  std::int64_t taps = 0, groups = 0;     // groups: of a tap's channels
  const void* weights = nullptr;
  std::int32_t* sums = nullptr;
  bool begins = false;  // the sums are set, else added to
};

// out[position·out_stride + c] = (sums[position·OB + c] − shifts[c])·scales[c] + bias[c]
struct Finish {
  const std::int32_t* sums = nullptr;
  std::int64_t positions = 0, channels = 0;
  const std::int32_t* shifts = nullptr;
  const float *scales = nullptr, *bias = nullptr;
  float* out = nullptr;
  std::int64_t out_stride = 0;
};

struct Loops {
  const char* name;
  std::int64_t group;      // channels whose products are added at once, of 4/group bytes each
  std::int64_t out_block;  // OB
  std::int64_t positions;  // of a strip: as many as registers can sum
  void (*multiply)(const Strip&);
  // The input's integers as multiply() reads them, n of them.
  void (*take_u8)(const std::uint8_t* in, void* out, std::int64_t n);
  void (*take_s8)(const std::int8_t* in, void* out, std::int64_t n);
  void (*finish)(const Finish&);
};

const Loops* generic_loops();
const Loops* avx2_loops();
const Loops* vex_vnni_loops();   // both of bytes, 256 bits wide; for has_vex_vnni()
const Loops* evex_vnni_loops();  // and has_evex_vnni()
const Loops* avx512_loops();
const Loops& loops();  // those of this processor

}  // namespace actionflow::kernels::integers
