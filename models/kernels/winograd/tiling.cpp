#include "models/kernels/winograd/tiling.h"

#include <unistd.h>

#include <algorithm>

namespace actionflow::kernels::winograd {
namespace {

// A float of weights from memory takes as long as so many multiplications.
constexpr double kWeightCost = 19;
// Winograd's transforms, and products that reach less of the processor's peak.
constexpr double kOverhead = 1.6;
// A kernel without extent in time is judged as if it had so many frames, whatever it has: clips of any
// length take the same path.
constexpr int kTypicalFrames = 16;
// The same for a stream, which may come a frame at a time or in long pieces.
constexpr int kFewFrames = 4;
constexpr std::int64_t kLeastRows = 24;
constexpr std::int64_t kSharedFloats = 2 << 20;        // V of a shared block
constexpr std::int64_t kSharedWeightFloats = 4 << 20;  // from so many on, weights are streamed once

// V of a block that one thread works on fills its second-level cache.
std::int64_t block_floats_of_v() {
  constexpr long kLeast = 256 << 10, kMost = 1 << 20, kUsual = 512 << 10;
  static const long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
  return (bytes <= 0 ? kUsual : std::clamp(bytes, kLeast, kMost)) / static_cast<long>(sizeof(float));
}

std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

Time time_of(const ConvolutionProblem& p, bool exact) {
  const Convolution& c = p.operation;
  if (c.kernel[0] == 1) return Time::none;
  if (exact) return Time::taps;
  const bool padded = c.pad_begin[0] == 1 && c.pad_end[0] == 1;
  // One frame between two of padding sees the kernel's middle only.
  if (padded && p.in.extents.t == 1) return Time::none;
  return padded && p.in.extents.t == 2 ? Time::two_frames : Time::pair;
}

double cost(const Cut& cut, std::int64_t frames, std::int64_t batch) {
  const std::int64_t tiles = cut.tiles / batch * divide_up(frames, frames_at_once(cut.time));
  const double rows = static_cast<double>(tiles);
  const double weights = static_cast<double>(cut.u_floats());
  return kOverhead * rows * weights + kWeightCost * weights;
}

std::int64_t judged_frames(const ConvolutionProblem& p, Time time) {
  if (time == Time::taps) return kFewFrames;
  return p.operation.kernel[0] == 1 ? kTypicalFrames : p.out.extents.t;
}

double direct_cost(const ConvolutionProblem& p, std::int64_t frames) {
  const Extents& out = p.out.extents;
  const double weights = static_cast<double>(p.in.padded * p.out.padded * p.kernel_taps());
  const double positions = static_cast<double>(frames * out.h * out.w);
  return positions * weights + kWeightCost * weights;
}

Cut tiled(const ConvolutionProblem& p, int outputs, bool exact) {
  const Extents& out = p.out.extents;
  Cut cut;
  cut.outputs = outputs;
  cut.time = time_of(p, exact);
  cut.pad_time = cut.time == Time::none ? 0 : p.operation.pad_begin[0];
  cut.groups = static_cast<int>(divide_up(out.t, frames_at_once(cut.time)));
  cut.tiles_high = static_cast<int>(divide_up(out.h, outputs));
  cut.tiles_wide = static_cast<int>(divide_up(out.w, outputs));
  cut.tiles = p.out.batch * cut.tiles_high * cut.tiles_wide;
  cut.blocks = divide_up(p.in.extents.c, kChannelBlock);
  cut.out_block = loops().out_block;
  cut.out_blocks = divide_up(p.out.extents.c, cut.out_block);
  return cut;
}

void set_blocks(Cut& cut, const WinogradOptions& options) {
  cut.shared =
      options.shared_blocks == 0 ? cut.u_floats() >= kSharedWeightFloats : options.shared_blocks == 1;
  const std::int64_t row_v =
      cut.points() * (cut.time == Time::taps ? 1 : time_points(cut.time)) * cut.blocks * kChannelBlock;
  const std::int64_t fitting =
      cut.shared ? kSharedFloats / row_v : std::max(kLeastRows, block_floats_of_v() / row_v);
  const std::int64_t rows = options.block_rows > 0 ? options.block_rows : fitting;
  const std::int64_t tiles = std::clamp<std::int64_t>(rows / cut.groups, 1, cut.tiles);
  cut.block_tiles = divide_up(cut.tiles, divide_up(cut.tiles, tiles));
}

}  // namespace

std::string Cut::implementation() const {
  const std::string side = std::to_string(outputs);
  const char* along_time = time == Time::none ? ":" : time == Time::taps ? "x1:" : "x2:";
  return "own:winograd_" + side + "x" + side + along_time + loops().name;
}

Cut cut(const ConvolutionProblem& problem, const WinogradOptions& options) {
  Cut four = tiled(problem, 4, options.exact_in_time), two = tiled(problem, 2, options.exact_in_time);
  const std::int64_t frames = judged_frames(problem, four.time), batch = problem.out.batch;
  const bool smaller =
      options.tile == 0 ? cost(two, frames, batch) < cost(four, frames, batch) : options.tile == 2;
  Cut chosen = smaller ? two : four;
  set_blocks(chosen, options);
  return chosen;
}

double advantage(const ConvolutionProblem& problem, const Cut& cut) {
  const std::int64_t frames = judged_frames(problem, cut.time);
  return direct_cost(problem, frames) / cost(cut, frames, problem.out.batch);
}

bool pays(const ConvolutionProblem& problem, const Cut& cut) { return advantage(problem, cut) > 1; }

}  // namespace actionflow::kernels::winograd
