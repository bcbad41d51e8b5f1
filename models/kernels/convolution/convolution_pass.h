// The three passes of a convolution's training, each by whichever kernel is best for its shape.
//
// Parameters and their gradients are plain f32, O×(I/groups)×T×H×W; a pass that reads the kernel reads it
// from where lay_out() has left it in the pass's own form.
// Immutable; memory is the caller's. Threads: as many OpenMP threads as when the pass was made.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "models/kernels/candidates.h"
#include "models/kernels/layout.h"

namespace actionflow::training {

struct ConvolutionShape {
  Convolution operation;
  kernels::Layout in, out;
  bool relu = false;                       // follows the sum, in the forward pass
  bool advances() const { return false; }  // training sees whole clips
};

// What a pass reads and writes: forward input, kernel, bias → output; data output gradient, kernel → input
// gradient; weights input, output gradient → added to kernel and bias gradients (either may be null).
struct PassArguments {
  const void* input = nullptr;
  const void* output_gradient = nullptr;
  const void* mask = nullptr;    // for a pass that masks(): the output, whose ReLU the gradient goes through
  const void* kernel = nullptr;  // as lay_out() left it
  const float* bias = nullptr;
  void* result = nullptr;
  float* kernel_gradient = nullptr;
  float* bias_gradient = nullptr;
  void* scratch = nullptr;
};

class ConvolutionPass {
 public:
  virtual ~ConvolutionPass() = default;
  // Into kernel_bytes() bytes, 64-byte aligned; any number of runs may read them.
  virtual std::size_t kernel_bytes() const { return 0; }
  virtual void lay_out(const float*, void*) const {}

  virtual void run(const PassArguments& arguments) const = 0;
  virtual std::size_t scratch_bytes() const = 0;
  virtual std::string implementation() const = 0;
  // Brings the output's gradient through the ReLU itself, where PassArguments::mask is set.
  virtual bool masks() const { return false; }
};

// By oneDNN; null where it has none. The output gradient of the backward passes has the input's type.
std::unique_ptr<ConvolutionPass> onednn_forward(const ConvolutionShape& shape);
std::unique_ptr<ConvolutionPass> onednn_backward_data(const ConvolutionShape& shape);
std::unique_ptr<ConvolutionPass> onednn_backward_weights(const ConvolutionShape& shape);

// By Winograd's products in f32, of values of either type (models/kernels/winograd/winograd.h); null where
// they do not fit or pay.
std::unique_ptr<ConvolutionPass> winograd_forward(const ConvolutionShape& shape);
std::unique_ptr<ConvolutionPass> winograd_backward_data(const ConvolutionShape& shape);
std::unique_ptr<ConvolutionPass> winograd_backward_weights(const ConvolutionShape& shape);

// As indirect convolutions (models/kernels/indirect/indirect.h); null where they do not fit or pay.
std::unique_ptr<ConvolutionPass> indirect_forward(const ConvolutionShape& shape);
std::unique_ptr<ConvolutionPass> indirect_backward_data(const ConvolutionShape& shape);

// For convolutions of at most four input channels.
std::unique_ptr<ConvolutionPass> narrow_backward_weights(const ConvolutionShape& shape);

}  // namespace actionflow::training
