#include "models/kernels/converted.h"

#include <algorithm>

#include "models/kernels/parallel.h"
#include "models/kernels/simd/vector.h"

namespace actionflow::kernels {
namespace {

constexpr std::int64_t kChunk = 4096;

template <class F>
void for_each_chunk(std::int64_t elements, F body) {
  parallel_for((elements + kChunk - 1) / kChunk, elements,
               [&](std::int64_t i) { body(i * kChunk, std::min(kChunk, elements - i * kChunk)); });
}

std::size_t f32_bytes(const Layout& layout) {
  return (static_cast<std::size_t>(layout.elements()) * sizeof(float) + 63) / 64 * 64;
}

class Converted final : public Kernel {
 public:
  Converted(std::unique_ptr<Kernel> kernel, const std::vector<Layout>& in, const Layout& out)
      : kernel_(std::move(kernel)), in_(in), out_(out) {}

  std::string implementation() const override { return kernel_->implementation() + " in f32"; }
  std::size_t weight_bytes() const override { return kernel_->weight_bytes(); }
  std::size_t scratch_bytes() const override {
    std::size_t bytes = kernel_->scratch_bytes();
    for (const Layout& layout : in_) bytes += widened(layout);
    return bytes + widened(out_) + 64;
  }

  void run(const Arguments& arguments) const override { bind(arguments)->run(); }
  std::unique_ptr<Bound> bind(const Arguments& arguments) const override {
    Arguments inner;
    auto* scratch = static_cast<std::byte*>(arguments.scratch);
    const auto place = [&](const Layout& layout, const void* as_it_is) {
      if (widened(layout) == 0) return const_cast<void*>(as_it_is);
      void* here = scratch;
      scratch += widened(layout);
      return here;
    };
    for (std::size_t i = 0; i < in_.size(); ++i) inner.inputs.push_back(place(in_[i], arguments.inputs[i]));
    inner.output = place(out_, arguments.output);
    inner.scratch = scratch;
    return std::make_unique<Ready>(*this, arguments, inner);
  }

 private:
  class Ready final : public Bound {
   public:
    Ready(const Converted& kernel, const Arguments& outer, const Arguments& inner)
        : kernel_(kernel), outer_(outer), inner_(inner), bound_(kernel.kernel_->bind(inner)) {}

    void run() const override {
      for (std::size_t i = 0; i < kernel_.in_.size(); ++i)
        if (kernel_.in_[i].type == ElementType::bf16) widen(i);
      bound_->run();
      if (kernel_.out_.type == ElementType::bf16) round();
    }

   private:
    void widen(std::size_t i) const {
      const auto* from = static_cast<const std::uint16_t*>(outer_.inputs[i]);
      auto* to = static_cast<float*>(const_cast<void*>(inner_.inputs[i]));
      for_each_chunk(kernel_.in_[i].elements(), [&](std::int64_t begin, std::int64_t n) {
        vector_kernels().to_f32(from + begin, to + begin, n);
      });
    }
    void round() const {
      const auto* from = static_cast<const float*>(inner_.output);
      auto* to = static_cast<std::uint16_t*>(outer_.output);
      for_each_chunk(kernel_.out_.elements(), [&](std::int64_t begin, std::int64_t n) {
        vector_kernels().to_bf16(from + begin, to + begin, n);
      });
    }

    const Converted& kernel_;
    Arguments outer_, inner_;
    std::unique_ptr<Bound> bound_;
  };

  static std::size_t widened(const Layout& layout) {
    return layout.type == ElementType::bf16 ? f32_bytes(layout) : 0;
  }

  std::unique_ptr<Kernel> kernel_;
  std::vector<Layout> in_;
  Layout out_;
};

}  // namespace

std::unique_ptr<Kernel> make_converted(std::unique_ptr<Kernel> kernel, const std::vector<Layout>& in,
                                       const Layout& out) {
  return std::make_unique<Converted>(std::move(kernel), in, out);
}

}  // namespace actionflow::kernels
