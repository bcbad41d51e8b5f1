// What a plan runs: a kernel computes one value from others, for one shape, precision and processor.
//
// A kernel is made once, owns its prepared weights, is immutable afterwards and may run on many
// threads at once, each with its own Arguments. Operations have lists of candidates
// (models/kernels/candidates.h); own kernels and oneDNN's stand side by side behind this interface.
//
// Threads: run() uses the OpenMP threads of the calling thread. Results must not depend on how many
// there are, nor, for kernels that work row by row, on the number of rows.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace actionflow::kernels {

// Where a run reads and writes. All memory is the caller's and 64-byte aligned.
struct Arguments {
  std::vector<const void*> inputs;
  void* output = nullptr;
  void* scratch = nullptr;  // scratch_bytes() of it
  // state_bytes() of it, zero at a stream's start: read and left as the last step has it, so that a sequence
  // may come in pieces. Null: the sequence begins with this run and ends with it.
  void* state = nullptr;
};

class Kernel {
 public:
  // A kernel's arguments made ready once, so that a run allocates nothing. Not to be run twice at once.
  class Bound {
   public:
    virtual ~Bound() = default;
    virtual void run() const = 0;
  };

  virtual ~Kernel() = default;

  virtual void run(const Arguments& arguments) const = 0;
  virtual std::unique_ptr<Bound> bind(const Arguments& arguments) const;

  virtual std::string implementation() const = 0;  // "brgconv:avx512_core", "own:pool:avx512"
  virtual std::size_t scratch_bytes() const { return 0; }
  virtual std::size_t weight_bytes() const { return 0; }
  virtual std::size_t state_bytes() const { return 0; }  // 0: nothing is carried from run to run
};

}  // namespace actionflow::kernels
