// The values of a plan and the memory that they share: layouts, aliases, lifetimes, and at last one arena.
//
// Values that alias each other form a group with one buffer, its first value's; a value knows how many bytes
// it stands behind the buffer's start. Lifetimes count on the caller's clock (steps of a plan, or of a
// training step's two passes). A value that is never defined has no memory.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "models/kernels/layout.h"
#include "models/plan/memory.h"

namespace actionflow {

class ValueMemory {
 public:
  // Throws ModelError, with the network's name, for a value whose bytes cannot be counted.
  ValueMemory(std::vector<kernels::Layout> layouts, const std::string& network);

  std::size_t size() const { return layouts_.size(); }
  const kernels::Layout& layout(std::size_t value) const { return layouts_[value]; }
  // For an alias that holds its buffer's value in another shape.
  void set_layout(std::size_t value, const kernels::Layout& layout) { layouts_[value] = layout; }
  std::size_t bytes(std::size_t value) const { return buffers_[value].bytes; }

  void alias(std::size_t value, std::size_t of, std::size_t bytes_behind = 0);
  bool is_alias(std::size_t value) const { return parent_[value] != value; }

  void define(std::size_t value, int time);
  void lives_until(std::size_t value, int time);

  // Whether the result of an operation on `inputs` at `time` may be written where `operand`, one of them,
  // lies: nothing reads that afterwards, nor now under another name.
  bool can_replace(std::size_t operand, std::size_t result, const std::vector<std::size_t>& inputs,
                   int time) const;
  void replace(std::size_t operand, std::size_t result);

  // A further buffer in the arena (scratch, gradients); its number for buffer_offset().
  std::size_t add_buffer(const Buffer& buffer);

  // The arena's size, after which offsets are known. Throws std::length_error where sizes overflow.
  std::size_t place();
  std::size_t offset(std::size_t value) const { return placed_[group(value)].offset + behind(value); }
  std::size_t buffer_offset(std::size_t buffer) const { return placed_[layouts_.size() + buffer].offset; }

 private:
  std::size_t group(std::size_t value) const;
  std::size_t behind(std::size_t value) const;

  std::vector<kernels::Layout> layouts_;
  std::vector<std::size_t> parent_, behind_;
  std::vector<Buffer> buffers_;  // by value, in use for a group's first
  std::vector<bool> defined_;
  std::vector<Buffer> further_, placed_;
};

}  // namespace actionflow
