#include "models/plan/value_memory.h"

#include <algorithm>

#include "base/error.h"

namespace actionflow {
namespace {

std::size_t checked_bytes(const kernels::Layout& layout, const std::string& network) {
  const Extents& e = layout.extents;
  auto total = static_cast<std::int64_t>(kernels::bytes_of(layout.type));
  for (const std::int64_t factor : {layout.batch, e.t, e.h, e.w, layout.padded})
    if (factor <= 0 || __builtin_mul_overflow(total, factor, &total))
      throw ModelError(network + ": a value of " + to_string(e) + ", " + std::to_string(layout.batch) +
                       " at a time, does not fit in memory");
  return static_cast<std::size_t>(total);
}

}  // namespace

ValueMemory::ValueMemory(std::vector<kernels::Layout> layouts, const std::string& network)
    : layouts_(std::move(layouts)), behind_(layouts_.size(), 0), defined_(layouts_.size(), false) {
  for (std::size_t i = 0; i < layouts_.size(); ++i) {
    parent_.push_back(i);
    buffers_.push_back({checked_bytes(layouts_[i], network), -1, -1, 0});
  }
}

std::size_t ValueMemory::group(std::size_t value) const {
  while (is_alias(value)) value = parent_[value];
  return value;
}

std::size_t ValueMemory::behind(std::size_t value) const {
  std::size_t offset = behind_[value];
  for (; is_alias(value); value = parent_[value]) offset += behind_[parent_[value]];
  return offset;
}

void ValueMemory::alias(std::size_t value, std::size_t of, std::size_t bytes_behind) {
  parent_[value] = of;
  behind_[value] = bytes_behind;
}

void ValueMemory::define(std::size_t value, int time) {
  buffers_[value].first = buffers_[value].last = time;
  defined_[value] = true;
}

void ValueMemory::lives_until(std::size_t value, int time) {
  int& last = buffers_[group(value)].last;
  last = std::max(last, time);
}

bool ValueMemory::can_replace(std::size_t operand, std::size_t result, const std::vector<std::size_t>& inputs,
                              int time) const {
  const std::size_t own = group(operand);
  if (buffers_[own].last != time || behind(operand) != 0 || buffers_[own].bytes != buffers_[result].bytes)
    return false;
  return std::count_if(inputs.begin(), inputs.end(),
                       [&](std::size_t input) { return group(input) == own; }) == 1;
}

void ValueMemory::replace(std::size_t operand, std::size_t result) {
  lives_until(operand, buffers_[result].last);
  alias(result, operand);
}

std::size_t ValueMemory::add_buffer(const Buffer& buffer) {
  further_.push_back(buffer);
  return further_.size() - 1;
}

std::size_t ValueMemory::place() {
  placed_ = buffers_;
  for (std::size_t i = 0; i < placed_.size(); ++i)
    if (is_alias(i) || !defined_[i]) placed_[i].bytes = 0;
  placed_.insert(placed_.end(), further_.begin(), further_.end());
  return place_buffers(placed_);
}

}  // namespace actionflow
