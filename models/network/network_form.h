// What networks that run and networks that train have in common: how clips enter, in which type values lie,
// and the memory that holds them.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string>

#include "base/input_spec.h"
#include "models/kernels/entry.h"
#include "models/kernels/layout.h"
#include "models/network/network.h"

namespace actionflow {

// From bytes to ranged and normalised values.
kernels::Normalisation normalisation(const InputSpec& input, std::int64_t channels);

// N×C×T×H×W
Shape plain_shape(const kernels::Layout& layout);

// What maps are held in; f32 stands for `automatic` too. Throws UsageError for what this machine or program
// does not have.
kernels::ElementType element_type(const std::string& network, Precision precision);

struct FreeMemory {
  void operator()(std::byte* p) const noexcept { std::free(p); }
};
using Memory = std::unique_ptr<std::byte[], FreeMemory>;

// Zeroed, so that what no kernel writes is finite; 64-byte aligned. Throws ModelError where the machine
// refuses.
Memory allocate(std::size_t bytes, const std::string& network);

}  // namespace actionflow
