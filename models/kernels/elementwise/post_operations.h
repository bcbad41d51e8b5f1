// Post-operations for our own kernels and for what oneDNN would not fuse: applied to finished rows while
// they are still in the cache.
#pragma once

#include <vector>

#include "models/kernels/kernel.h"
#include "models/kernels/layout.h"

namespace actionflow::kernels {

class RowPostOperations {
 public:
  RowPostOperations() = default;
  // `padded`: floats of one row.
  RowPostOperations(const std::vector<PostOperation>& operations, std::int64_t padded);

  bool empty() const { return operations_.empty(); }
  // On `count` rows from `first_row` on of the output.
  void apply(const Arguments& arguments, std::int64_t first_row, std::int64_t count) const {
    apply(arguments, arguments.output, first_row, count);
  }
  // The same, reading the value to begin with from `source` instead, which lies like the output.
  void apply(const Arguments& arguments, const void* source, std::int64_t first_row,
             std::int64_t count) const;

 private:
  std::vector<PostOperation> operations_;  // scales and shifts padded
  std::int64_t padded_ = 0;
};

}  // namespace actionflow::kernels
