// The inner loops of our indirect convolutions.
//
// A strip is a few outputs that lie side by side in memory; for each tap of the kernel it has a pointer for
// each of them to the channels that the tap meets, or to zeros where it meets padding. So strides, dilations
// and edges are the pointers' concern, and the loops are those of a matrix product.
//
//   weights [out/OB][tap][channel][OB]
//   sums    [position][OB], for OB outputs at a time
//
// OB is two vectors wide; 64-byte aligned f32. Each function runs on one thread and adds in the order of taps
// and channels, whatever the strip's length.
#pragma once

#include <cstdint>

#include "models/kernels/elementwise/post.h"

namespace actionflow::kernels::indirect {

struct Strip {
  const void* const* sources = nullptr;  // [tap][position]; null first: the tap meets nothing here
  std::int64_t positions = 0;            // at most Loops::positions
  std::int64_t taps = 0, depth = 0;      // depth: channels of a tap
  const float* weights = nullptr;        // of the first tap
  float* sums = nullptr;
  bool begins = false;  // the sums are set, else added to
};

struct Finish {
  const float* sums = nullptr;
  std::int64_t positions = 0, channels = 0;  // channels: a multiple of 8, at most OB
  std::int64_t out_stride = 0;               // from one position to the next, of what posts add, too
  float* out = nullptr;
  const float* bias = nullptr;
  const Post* posts = nullptr;
  int post_count = 0;
};

struct Loops {
  const char* name;
  std::int64_t out_block;  // OB
  std::int64_t positions;  // of a strip: as many as registers can sum
  void (*multiply)(const Strip&);
  void (*finish)(const Finish&);  // sums to outputs
};

const Loops* generic_loops();
const Loops* avx2_loops();
const Loops* avx512_loops();
const Loops& loops();  // those of this processor

}  // namespace actionflow::kernels::indirect
