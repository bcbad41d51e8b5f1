// One indirect convolution's work, for laid out weights that each run brings, shared out among threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "models/kernels/convolution/convolution.h"
#include "models/kernels/elementwise/fused_posts.h"
#include "models/kernels/indirect/sources.h"

namespace actionflow::kernels::indirect {

// O×I×taps; `turned`: of the convolution that gives the input's gradient from the output's, whose kernel is
// turned round in all axes and whose inputs are this one's outputs.
struct KernelView {
  const float* kernel = nullptr;
  std::int64_t outputs = 0, inputs = 0, taps = 1;
  bool turned = false;
};

// Immutable.
class Runner {
 public:
  // Of the problem, its operation, layouts and post-operations count. Sized for the OpenMP threads of the
  // calling thread; runs on at most as many.
  explicit Runner(const ConvolutionProblem& problem);

  // `weights` as lay_out() leaves them, `bias` for all padded outputs.
  void run(const Arguments& arguments, const float* weights, const float* bias) const;
  // `weights`: weight_floats() of them, zeros before or laid out before.
  void lay_out(const KernelView& kernel, float* weights) const;

  std::int64_t weight_floats() const;
  std::size_t scratch_bytes() const;
  std::string implementation() const;

 private:
  struct Call {
    const Arguments& arguments;
    const float* weights;
    const float* bias;
  };
  struct Chunk {
    std::int64_t begin, count, strips;  // outputs, and the strips they are cut into
    std::int64_t strip_begin(std::int64_t strip) const { return count * strip / strips; }
  };
  Chunk chunk(std::int64_t index) const;
  std::int64_t shares() const;
  std::size_t thread_bytes() const;

  void make_outputs(const Call& call, std::int64_t index, std::int64_t first_block,
                    std::int64_t end_block) const;
  void multiply(const Call& call, const Chunk& at, std::int64_t block, const void* const* pointers,
                float* sums) const;
  void finish(const Call& call, const Chunk& at, std::int64_t block, const float* sums) const;

  Sources sources_;
  Layout out_;
  std::int64_t depth_, taps_, out_blocks_, frame_chunks_, chunks_;
  int threads_;
  FusedPosts posts_;
};

}  // namespace actionflow::kernels::indirect
