// Numbers of one type made another's: widened exactly, narrowed to the nearest, ties to even, and integers
// cut off at their limits.
#pragma once

#include <cstdint>

#include "models/kernels/layout.h"

namespace actionflow::kernels {

struct NumberForm {
  ElementType type = ElementType::f32;
  float scale = 1;  // of integers
  bool operator==(const NumberForm&) const = default;
};

// `count` numbers, `first` behind the begin of both; on one thread.
void convert_numbers(const NumberForm& from_form, const void* from, const NumberForm& to_form, void* to,
                     std::int64_t first, std::int64_t count);

// A whole value; layouts that differ in type and scale alone.
void convert_value(const Layout& from_layout, const void* from, const Layout& to_layout, void* to);

}  // namespace actionflow::kernels
