// The inner loops of our Winograd convolutions: input tiles into V, products of V with the weights U into M,
// and M into output tiles.
//
// A dense 3×3 convolution of stride 1 becomes, for tiles of F×F outputs (F = 4 or 2), products at (F+2)²
// interpolation points: fewer multiplications by 4 or 2.25. In time either nothing happens (kernel 1×3×3, or
// one frame), or pairs of outputs are made of four products instead of six, or, for a clip of two frames
// padded by one on both sides, of three; or, where a frame's bits must not depend on where it stands, three
// taps are summed for each frame. A "row" is one tile at one pair of frames (or one frame); rows do not
// depend on each other, so results do not depend on how they are shared out among threads.
//
//   V [point][time point][channel/16][row][16]; with Time::taps [point][channel/16][frame][tile][16], of
//   which
//     each tap in time sees its frames
//   U [out/OB][point][time point][channel][OB]
//   M [point][row][frame of the pair][OB], for OB outputs at a time
//
// OB is 32 with AVX-512 and 16 with AVX2: two vectors of outputs by as many rows as registers can sum.
// These are 64-byte aligned f32; what enters and leaves may be bf16 (then nothing is added to results).
// Strides are in elements. Each function runs on one thread.
#pragma once

#include <cstdint>

#include "models/kernels/elementwise/post.h"
#include "models/kernels/layout.h"

namespace actionflow::kernels::winograd {

enum class Time {
  none,  // one product
  pair,  // y0 = P+Q + w0(x0−x2), y1 = P−Q + w2(x3−x1); P = ½(w0+w1+w2)(x1+x2), Q = ½(w0−w1+w2)(x2−x1)
  two_frames,  // y0 = P + (w2−w1)x1, y1 = P + (w0−w1)x0; P = w1(x0+x1)
  taps         // y = w0x0 + w1x1 + w2x2 for each frame by itself; not in training
};
constexpr int time_points(Time time) { return time == Time::none ? 1 : time == Time::pair ? 4 : 3; }
constexpr int frames_at_once(Time time) { return time == Time::pair || time == Time::two_frames ? 2 : 1; }

// Interpolation points: 0, ±kNear, ±kFar and infinity for F = 4 (smaller errors than 1 and 2 have); 0, ±1 and
// infinity for F = 2.
inline constexpr float kNear = 0.75F, kFar = 1.5F;

// 16 channels of one tile in all frames.
struct InputTile {
  const void* source = nullptr;  // frame 0 at the tile's first row and column, which may lie outside
  const void* next = nullptr;    // the next tile's source: its first frames are fetched early, never read
  std::int64_t frame_stride = 0, row_stride = 0, column_stride = 0;
  unsigned rows = 0, columns = 0;  // bit i: the tile's i-th lies inside
  int frames = 0;
  int pad = 0;     // frames before the first
  int groups = 0;  // rows of V: pairs of frames, or frames
  float* v = nullptr;
  std::int64_t point_stride = 0, time_stride = 0, group_stride = 0;
};

// 16 kernels of one input channel, to all points: time point t of point p at u + p·point_stride +
// t·time_stride.
struct KernelTile {
  const float* kernel = nullptr;  // T×3×3 of the first, the next lane_stride further
  std::int64_t lane_stride = 0;
  int lanes = 0;  // so many are there, the rest are zero
  int taps = 1;   // in time
  bool turned = false;
  bool streamed = false;  // written past the caches
  float* u = nullptr;
  std::int64_t point_stride = 0, time_stride = 0;
};

struct Product {
  const float* v = nullptr;
  std::int64_t time_stride = 0, block_stride = 0;  // block: from 16 channels to the next
  std::int64_t blocks = 0;
  const float* u = nullptr;
  const float* next_u = nullptr;  // of the next product: fetched meanwhile, never read
  std::int64_t rows = 0;
  float* m = nullptr;
  std::int64_t row_stride = 0, frame_stride = 0;
};

struct OutputTile {
  const float* m = nullptr;
  std::int64_t point_stride = 0, m_row_stride = 0, m_frame_stride = 0;
  int groups = 0;
  int frames = 0;             // of the output
  int rows = 0, columns = 0;  // of the tile that lie inside the output
  void* out = nullptr;
  std::int64_t frame_stride = 0, row_stride = 0, column_stride = 0;
  const float* bias = nullptr;
  const Post* posts = nullptr;
  int post_count = 0;
};

// For the kernel's gradient the same tiles' output gradients are brought to the points, and for each point
// and time point rows of V times rows of Z are summed into D; a transform back gives the kernel's gradient.
//
//   Z [point][time point][out/OB][row][OB]
//   D [out/OB][point][time point][channel][OB], as U
struct GradientTile {
  const void* source =
      nullptr;  // 16 channels of frame 0 of the output's gradient, at the tile's first output
  std::int64_t frame_stride = 0, row_stride = 0, column_stride = 0;
  int rows = 0, columns = 0;  // of the tile that lie inside the output
  int frames = 0;
  int groups = 0;
  float* z = nullptr;
  std::int64_t point_stride = 0, time_stride = 0;
  float* sums = nullptr;  // the 16 channels' sums over the tile are added here
};

// d[channel][0, OB) = or += Σ over rows of v[row][channel]·z[row][0, OB), for 16 channels.
struct GradientProduct {
  const float* v = nullptr;  // rows of 16
  const float* z = nullptr;  // rows of OB
  std::int64_t rows = 0;
  float* d = nullptr;
  bool add = false;
};

// D of one channel and 16 outputs, at points like KernelTile's, added to the kernel's gradient.
struct KernelGradientTile {
  const float* d = nullptr;
  std::int64_t point_stride = 0, time_stride = 0;
  float* gradient = nullptr;  // T×3×3 of the first output, the next lane_stride further
  std::int64_t lane_stride = 0;
  int lanes = 0, taps = 1;
};

using InputFunction = void (*)(const InputTile&);
using ProductFunction = void (*)(const Product&);
using OutputFunction = void (*)(const OutputTile&);
using KernelFunction = void (*)(const KernelTile&);
using GradientFunction = void (*)(const GradientTile&);
using GradientProductFunction = void (*)(const GradientProduct&);
using KernelGradientFunction = void (*)(const KernelGradientTile&);

// All of them for one instruction set. `outputs`: F, 4 or 2; `type` of the value that enters or leaves.
struct Loops {
  const char* name;
  std::int64_t out_block;  // outputs that one product makes: OB
  InputFunction (*input)(int outputs, Time time, ElementType type);
  ProductFunction (*product)(Time time);
  OutputFunction (*output)(int outputs, Time time, ElementType type);
  KernelFunction (*kernel)(int outputs, Time time);
  GradientFunction (*gradient)(int outputs, Time time, ElementType type);
  GradientProductFunction gradient_product;
  KernelGradientFunction (*kernel_gradient)(int outputs, Time time);
};

const Loops* avx2_loops();
const Loops* avx512_loops();
const Loops& loops();  // those of this processor, which must have AVX2

}  // namespace actionflow::kernels::winograd
