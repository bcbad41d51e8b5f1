// Mean and maximum over time, space or both: values counted as outer × length × inner, of which length goes.
#include <algorithm>

#include "base/error.h"
#include "models/kernels/converted.h"
#include "models/kernels/f32_chunks.h"
#include "models/kernels/operations.h"
#include "models/kernels/simd/map_vectors.h"
#include "models/kernels/train_kernel.h"

namespace actionflow::training {
namespace {

using kernels::ElementType;

struct Counts {
  std::int64_t outer, length, inner;  // inner in elements, padding among them
};

Counts counts_of(const Reduction& reduction, const Layout& in) {
  const Extents& e = in.extents;
  return {in.batch * (reduction.time ? 1 : e.t),
          (reduction.time ? e.t : 1) * (reduction.space ? e.h * e.w : 1),
          (reduction.space ? 1 : e.h * e.w) * in.padded};
}

std::unique_ptr<kernels::Kernel> mean_kernel(const Reduction& operation, const Layout& in,
                                             const Layout& out) {
  Layout wide_in = in, wide_out = out;
  wide_in.type = wide_out.type = ElementType::f32;
  auto kernel = kernels::make_reduction(operation, wide_in, wide_out);
  if (in.type == ElementType::f32 && out.type == ElementType::f32) return kernel;
  return kernels::make_converted(std::move(kernel), kernels::all_in_f32({in}), kernels::in_f32(out));
}

class TrainMean final : public TrainKernel {
 public:
  TrainMean(const Reduction& operation, const TrainKernelRequest& r)
      : in_(r.in[0]),
        out_(r.out),
        counts_(counts_of(operation, in_)),
        mean_(mean_kernel(operation, in_, out_)) {}

  void forward(const ForwardArguments& a) const override {
    mean_->run({.inputs = a.inputs, .output = a.output, .scratch = a.scratch});
  }

  void backward(const BackwardArguments& a) const override {
    if (a.input_gradients[0] == nullptr) return;
    const std::int64_t pieces = (counts_.inner + kChunkFloats - 1) / kChunkFloats;
    kernels::parallel_for(counts_.outer * pieces, in_.elements(), [&](std::int64_t i) {
      const std::int64_t first = i % pieces * kChunkFloats;
      spread(a, i / pieces, first, std::min(kChunkFloats, counts_.inner - first));
    });
  }

  BackwardReads backward_reads() const override { return {{false}, false}; }
  std::size_t forward_scratch_bytes() const override { return mean_->scratch_bytes(); }
  std::string implementation() const override { return mean_->implementation(); }

 private:
  void spread(const BackwardArguments& a, std::int64_t outer, std::int64_t first, std::int64_t count) const {
    F32Chunk gradient_chunk, share;
    const float* gradient =
        load_chunk(out_.type, a.output_gradient, outer * counts_.inner + first, count, gradient_chunk);
    const float scale = 1.0F / static_cast<float>(counts_.length);
    kernels::vector_kernels().binary(Elementwise::Kind::multiply, 1, gradient, 1, &scale, 0, share.floats,
                                     count);
    for (std::int64_t r = 0; r < counts_.length; ++r)
      store_chunk(in_.type, share.floats, a.input_gradients[0],
                  (outer * counts_.length + r) * counts_.inner + first, count);
  }

  Layout in_, out_;
  Counts counts_;
  std::unique_ptr<kernels::Kernel> mean_;
};

// The first of equals takes the gradient.
class TrainMaximum final : public TrainKernel {
 public:
  static constexpr std::int64_t kColumns = 256;  // that a thread takes at a time

  TrainMaximum(const Reduction& operation, const TrainKernelRequest& r)
      : in_(r.in[0]), out_(r.out), counts_(counts_of(operation, in_)) {}

  void forward(const ForwardArguments& a) const override {
    each_part([&](std::int64_t in, std::int64_t out, std::int64_t count) {
      map_vectors().first_greatest({.in = at(in_, a.inputs[0], in),
                                    .rows = counts_.length,
                                    .stride = counts_.inner,
                                    .n = count,
                                    .out = const_cast<void*>(at(out_, a.output, out)),
                                    .index = static_cast<std::int32_t*>(a.saved) + out,
                                    .bf16_in = in_.type == ElementType::bf16,
                                    .bf16_out = out_.type == ElementType::bf16});
    });
  }

  void backward(const BackwardArguments& a) const override {
    if (a.input_gradients[0] == nullptr) return;
    each_part([&](std::int64_t in, std::int64_t out, std::int64_t count) {
      map_vectors().to_greatest({.gradient = at(out_, a.output_gradient, out),
                                 .index = static_cast<const std::int32_t*>(a.saved) + out,
                                 .rows = counts_.length,
                                 .stride = counts_.inner,
                                 .n = count,
                                 .out = const_cast<void*>(at(in_, a.input_gradients[0], in)),
                                 .bf16_in = in_.type == ElementType::bf16,
                                 .bf16_out = out_.type == ElementType::bf16});
    });
  }

  BackwardReads backward_reads() const override { return {{false}, false}; }
  std::size_t saved_bytes() const override {
    return static_cast<std::size_t>(out_.elements()) * sizeof(std::int32_t);
  }
  std::string implementation() const override { return std::string("own:reduce:") + map_vectors().name; }

 private:
  static const void* at(const Layout& layout, const void* memory, std::int64_t element) {
    return static_cast<const std::byte*>(memory) +
           static_cast<std::size_t>(element) * kernels::bytes_of(layout.type);
  }

  // body(first element of the input, of the output, count)
  template <class F>
  void each_part(F body) const {
    const std::int64_t parts = (counts_.inner + kColumns - 1) / kColumns;
    kernels::parallel_for(counts_.outer * parts, in_.elements(), [&](std::int64_t i) {
      const std::int64_t outer = i / parts, first = i % parts * kColumns;
      body(outer * counts_.length * counts_.inner + first, outer * counts_.inner + first,
           std::min(kColumns, counts_.inner - first));
    });
  }

  Layout in_, out_;
  Counts counts_;
};

}  // namespace

std::unique_ptr<TrainKernel> make_reduction(const TrainKernelRequest& request) {
  const Layout &in = request.in[0], &out = request.out;
  const auto& operation = std::get<Reduction>(request.node.operation);
  if (in.padded != out.padded || (in.type == ElementType::f32 && out.type == ElementType::bf16))
    throw ModelError(request.node.name + ": a reduction's value has to lie as its input");
  if (operation.kind == Reduction::Kind::mean) return std::make_unique<TrainMean>(operation, request);
  return std::make_unique<TrainMaximum>(operation, request);
}

}  // namespace actionflow::training
