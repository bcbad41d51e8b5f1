// Dense 3×3×3 and 1×3×3 convolutions of stride 1 by Winograd's products; see
// models/kernels/winograd/winograd_loops.h.
//
// f32, channels last. Errors are two to four times those of a direct sum (mean 1–2·10⁻⁶ of the result). A
// 3×3×3 kernel works on pairs of frames, so a frame's bits depend on where it stands in the clip; a form that
// is exact in time (models/kernels/candidates.h) sums the taps of each frame, with twice the products. A
// 1×3×3 kernel works on each frame by itself. What is chosen for these two does not depend on the number of
// frames.
#pragma once

#include "models/kernels/convolution/convolution.h"

namespace actionflow::kernels {

struct WinogradOptions {
  int tile = 0;           // outputs along height and width of one tile, 4 or 2; 0: what costs less
  int block_rows = 0;     // about so many rows (tiles × pairs of frames) at once; 0: what fits the caches
  int shared_blocks = 0;  // 1: threads share each block's work, 2: each has blocks of its own; 0: by size
  bool exact_in_time = false;
};

// Whether the processor and the problem's form allow it, whatever it costs.
bool winograd_fits(const ConvolutionProblem& problem);
// The same for values of any type, as in training, where bf16 values go through f32 products.
bool winograd_fits_shape(const ConvolutionProblem& problem);

// Requires winograd_fits(). Sized for the OpenMP threads of the calling thread; runs on at most as many.
std::unique_ptr<Kernel> make_winograd(const ConvolutionProblem& problem, const WinogradOptions& options = {});

// Candidates: null where they do not fit or would not pay.
std::unique_ptr<Kernel> winograd_convolution(const ConvolutionProblem& problem);
std::unique_ptr<Kernel> winograd_exact_convolution(const ConvolutionProblem& problem);

}  // namespace actionflow::kernels
