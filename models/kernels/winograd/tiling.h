// How a convolution is cut into tiles, rows and blocks for Winograd's products.
#pragma once

#include <cstdint>
#include <string>

#include "models/kernels/convolution/convolution.h"
#include "models/kernels/winograd/winograd.h"
#include "models/kernels/winograd/winograd_loops.h"

namespace actionflow::kernels::winograd {

struct Cut {
  int outputs = 4;  // F, along height and width
  Time time = Time::pair;
  int pad_time = 0;  // frames before the first
  int groups = 0;    // rows a tile: pairs of frames, or frames
  int tiles_high = 0, tiles_wide = 0;
  std::int64_t tiles = 0;                   // of all clips
  std::int64_t blocks = 0, out_blocks = 0;  // of 16 channels, of out_block outputs
  std::int64_t out_block = 0;               // outputs that one product makes
  std::int64_t block_tiles = 0;             // tiles handled at once
  bool shared = false;                      // by all threads together, else by one

  int side() const { return outputs + 2; }
  std::int64_t points() const { return std::int64_t{1} * side() * side(); }
  std::int64_t block_rows() const { return block_tiles * groups; }
  // Where the rows of a block of `count` tiles lie: from one tile's to the next one's, and from one group to
  // the next.
  struct RowStrides {
    std::int64_t tile, group;
  };
  RowStrides rows(std::int64_t count) const {
    return time == Time::taps ? RowStrides{1, count} : RowStrides{groups, 1};
  }

  // Rows of V that a tile has: with Time::taps two frames more than outputs.
  int v_groups() const { return groups + (time == Time::taps ? 2 : 0); }
  std::int64_t v_rows() const { return block_tiles * v_groups(); }
  std::int64_t block_count() const { return (tiles + block_tiles - 1) / block_tiles; }

  // Strides of V and M for a whole block. Points stand apart by a little more than they hold, so that one
  // position's points do not fall into the same lines of the cache.
  std::int64_t v_block_stride() const { return v_rows() * kChannelBlock; }
  std::int64_t v_time_stride() const { return blocks * v_block_stride(); }
  std::int64_t v_time_stride(std::int64_t count) const {
    return time == Time::taps ? count * kChannelBlock : v_time_stride();
  }
  std::int64_t v_point_stride() const {
    return (time == Time::taps ? 1 : time_points(time)) * v_time_stride() + kApart;
  }
  std::int64_t m_frame_stride() const { return out_block; }
  std::int64_t m_row_stride() const { return frames_at_once(time) * m_frame_stride(); }
  std::int64_t m_point_stride() const { return block_rows() * m_row_stride() + kApart; }
  std::int64_t v_floats() const { return points() * v_point_stride(); }
  std::int64_t m_floats() const { return points() * m_point_stride(); }

  // U of one time point, of one point, and of all.
  std::int64_t u_tap() const { return blocks * kChannelBlock * out_block; }
  std::int64_t u_panel() const { return time_points(time) * u_tap(); }
  std::int64_t u_floats() const { return out_blocks * points() * u_panel(); }

  std::string implementation() const;

  static constexpr std::int64_t kApart = 80;
};

Cut cut(const ConvolutionProblem& problem, const WinogradOptions& options);

// How many times what the cut costs a direct convolution in f32 costs.
double advantage(const ConvolutionProblem& problem, const Cut& cut);

// Whether the cut costs less than a direct convolution.
bool pays(const ConvolutionProblem& problem, const Cut& cut);

}  // namespace actionflow::kernels::winograd
