// The work of a depthwise convolution cut into tasks: bands of rows of outputs of one clip, for one block of
// channels, through all of time; and the ring that a task keeps the rows in which it reads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "models/kernels/layout.h"

namespace actionflow::kernels::depthwise {

struct Task {
  std::int64_t clip, block;
  std::int64_t begin, end;                // rows of outputs of a frame
  std::int64_t in_begin = 0, in_end = 0;  // rows of the input that their taps meet
};

struct Frames {
  std::int64_t begin, end;  // of the input
};

// Immutable. What lies outside of the input in height and time is left out, in width it is zero in the ring.
class Ring {
 public:
  // `threads`: there are tasks for so many.
  Ring(const Convolution& operation, const Layout& in, const Layout& out, int threads);

  std::int64_t tasks() const { return in_.batch * bands_ * blocks_; }
  Task task(std::int64_t index) const;

  std::int64_t blocks() const { return blocks_; }
  std::int64_t block_channels() const;
  int vectors(std::int64_t block) const;  // of channels; those of padding alone are left out
  int padding(std::int64_t block) const;  // vectors behind a value's last block

  std::size_t bytes() const;
  std::int64_t vector_stride() const;  // from a vector's row to the next one's
  float* row(float* ring, const Task& task, std::int64_t t,
             std::int64_t h) const;  // where position −pad stands
  void clear_padding(float* ring) const;

  // Of the input's row that is held, and where it stands behind row().
  std::int64_t first_position() const { return first_; }
  std::int64_t positions() const { return positions_; }
  std::int64_t offset() const;

  // That the taps of a frame of outputs reach over.
  Frames frames(std::int64_t t) const;

 private:
  std::int64_t rows_for(std::int64_t outputs) const;

  Convolution operation_;
  Layout in_, out_;
  std::int64_t vectors_, blocks_, width_, left_, first_, positions_, frames_, bands_, band_rows_;
};

}  // namespace actionflow::kernels::depthwise
