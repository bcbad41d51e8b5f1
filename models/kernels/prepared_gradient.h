// The gradient of a kernel's output as its products read it: through the ReLU that was drawn into the kernel,
// and in the products' type. Where the type stays, it is masked in its own memory, so a kernel that holds one
// says overwrites_gradient() as it does.
#pragma once

#include "models/kernels/elementwise/gradient_sum.h"
#include "models/kernels/train_kernel.h"

namespace actionflow::training {

class PreparedGradient {
 public:
  PreparedGradient(const Layout& out, kernels::ElementType type, bool relu)
      : out_(out), layout_(out), relu_(relu) {
    layout_.type = type;
  }

  const Layout& layout() const { return layout_; }
  bool overwrites() const { return relu_ && !converts(); }
  // Of memory for prepare(), 64-byte aligned.
  std::size_t bytes() const { return converts() ? layout_.bytes() : 0; }

  const void* prepare(const BackwardArguments& a, void* memory) const {
    if (!relu_ && !converts()) return a.output_gradient;
    void* to = converts() ? memory : const_cast<void*>(a.output_gradient);
    if (relu_)
      mask_gradient(out_, a.output, a.output_gradient, layout_.type, to);
    else
      convert(out_, a.output_gradient, layout_.type, to);
    return to;
  }

 private:
  bool converts() const { return out_.type != layout_.type; }

  Layout out_, layout_;
  bool relu_;
};

}  // namespace actionflow::training
