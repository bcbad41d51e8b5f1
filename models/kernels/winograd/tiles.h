// Where the tiles of a Winograd convolution lie in its input and its output.
#pragma once

#include <cstddef>

#include "models/kernels/convolution/convolution.h"
#include "models/kernels/winograd/tiling.h"

namespace actionflow::kernels::winograd {

class Tiles {
 public:
  Tiles(const ConvolutionProblem& p, const Cut& cut)
      : cut_(cut),
        operation_(p.operation),
        in_(p.in),
        out_(p.out),
        in_bytes_(static_cast<std::int64_t>(bytes_of(p.in.type))) {}

  struct Place {
    std::int64_t clip, row, column;  // of a tile's first output
  };
  Place place(std::int64_t tile) const {
    const std::int64_t column = tile % cut_.tiles_wide, rest = tile / cut_.tiles_wide;
    return {rest / cut_.tiles_high, rest % cut_.tiles_high * cut_.outputs, column * cut_.outputs};
  }

  // Elements before the tile's first output, in frame 0.
  std::int64_t output_offset(const Place& at) const {
    return at.clip * out_.extents.t * out_.frame() + (at.row * out_.extents.w + at.column) * out_.padded;
  }
  int output_rows(const Place& at) const { return inside_end(at.row, out_.extents.h); }
  int output_columns(const Place& at) const { return inside_end(at.column, out_.extents.w); }

  // `channels`: which 16; V's part is left to the caller.
  InputTile input(const void* input, std::int64_t number, std::int64_t channels) const {
    const Place at = place(number);
    const bool last = channels + 1 == cut_.blocks;
    InputTile tile;
    tile.source = source(input, at, channels);
    tile.next = last ? source(input, place(number + 1), 0) : source(input, at, channels + 1);
    tile.frame_stride = in_.frame();
    tile.row_stride = in_.extents.w * in_.padded;
    tile.column_stride = in_.padded;
    tile.rows = inside(at.row - operation_.pad_begin[1], cut_.side(), in_.extents.h);
    tile.columns = inside(at.column - operation_.pad_begin[2], cut_.side(), in_.extents.w);
    tile.frames = static_cast<int>(in_.extents.t);
    tile.pad = cut_.pad_time;
    tile.groups = cut_.v_groups();
    return tile;
  }

 private:
  int inside_end(std::int64_t begin, std::int64_t extent) const {
    return static_cast<int>(extent - begin < cut_.outputs ? extent - begin : cut_.outputs);
  }

  // Which of a tile's `count` rows or columns, the first at `begin`, lie in [0, extent).
  static unsigned inside(std::int64_t begin, int count, std::int64_t extent) {
    unsigned bits = 0;
    for (int i = 0; i < count; ++i) {
      if (begin + i >= 0 && begin + i < extent) bits |= 1U << i;
    }
    return bits;
  }

  // Where the tile's first row and column begin, in the first frame.
  const std::byte* source(const void* input, const Place& at, std::int64_t channels) const {
    const std::int64_t row = at.row - operation_.pad_begin[1], column = at.column - operation_.pad_begin[2];
    const std::int64_t element = at.clip * in_.extents.t * in_.frame() +
                                 (row * in_.extents.w + column) * in_.padded + channels * kChannelBlock;
    return static_cast<const std::byte*>(input) + element * in_bytes_;
  }

  Cut cut_;
  Convolution operation_;
  Layout in_, out_;
  std::int64_t in_bytes_;
};

}  // namespace actionflow::kernels::winograd
