// The inner loops of our depthwise convolutions.
//
// A block is one or two vectors of channels. The rows that a block's taps read lie in a ring of a few frames,
// [frame][row][vector][position][lane], with columns of zeros where padding is: what a row of outputs reads
// is then a few contiguous runs that stay in the nearest caches, whatever else lies between them in the
// value. A row of the ring is either copied from the value or computed there, by the product of extent 1 that
// comes before the depthwise convolution.
//
// 64-byte aligned f32. Each function runs on one thread; every output is summed in one order: bias, then taps
// or channels as they come.
#pragma once

#include <cstdint>

#include "models/kernels/layout.h"

namespace actionflow::kernels::depthwise {

// One row of the ring.
struct Fill {
  const float* in = nullptr;   // the first position's channels
  std::int64_t in_stride = 0;  // floats from one position to the next
  std::int64_t positions = 0;
  int vectors = 1;                 // of the block
  float* out = nullptr;            // the first position's, of the first vector
  std::int64_t vector_stride = 0;  // floats from a vector's row to the next one's
  // For products alone.
  std::int64_t depth = 0;                  // channels that are read
  const float* weights = nullptr;          // [channel][vector][lane]
  const float* bias = nullptr;             // [vector][lane]
  const Activation* activation = nullptr;  // null: none
};

// One row of outputs.
struct Row {
  const float* const* rows = nullptr;     // of the ring, where the first output's first tap reads
  const float* const* weights = nullptr;  // for each of them [tap][lane], of the first vector
  std::int64_t row_count = 0;
  std::int64_t outputs = 0;
  int vectors = 1;
  int padding = 0;                                     // vectors of zeros that are written behind them
  std::int64_t vector_stride = 0, weights_stride = 0;  // from one vector to the next
  int kernel = 1, stride = 1, dilation = 1;            // along the width
  const float* bias = nullptr;                         // [vector][lane]
  const Activation* activation = nullptr;              // null: none
  float* out = nullptr;                                // channels last
  std::int64_t out_stride = 0;                         // floats from one output to the next
};

struct Loops {
  const char* name;
  std::int64_t lanes;       // of a vector
  std::int64_t ring_bytes;  // what a ring may take of the second cache
  void (*copy)(const Fill&);
  void (*multiply)(const Fill&);
  void (*convolve)(const Row&);
};

const Loops* generic_loops();
const Loops* avx2_loops();
const Loops* avx512_loops();
const Loops& loops();  // those of this processor

}  // namespace actionflow::kernels::depthwise
