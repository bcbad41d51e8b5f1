#include "base/error.h"
#include "models/kernels/channels.h"
#include "models/kernels/f32_chunks.h"
#include "models/kernels/simd/gradient_vectors.h"
#include "models/kernels/simd/map_vectors.h"
#include "models/kernels/train_kernel.h"

namespace actionflow::training {
namespace {

class TrainActivation final : public TrainKernel {
 public:
  TrainActivation(const Activation& operation, const TrainKernelRequest& r)
      : operation_(operation), in_(r.in[0]), out_(r.out), from_result_(slope_from_result(operation.kind)) {}

  void forward(const ForwardArguments& a) const override {
    for_chunks(out_.elements(), [&](std::int64_t at, std::int64_t count) {
      F32Chunk from_chunk, to_chunk;
      const float* from = load_chunk(in_.type, a.inputs[0], at, count, from_chunk);
      float* to = chunk_to_store(out_.type, a.output, at, to_chunk);
      kernels::vector_kernels().activate(operation_, from, to, count);
      store_chunk(out_.type, to, a.output, at, count);
    });
    if (!kernels::keeps_zero(operation_)) clear_padding(out_, a.output);
  }

  void backward(const BackwardArguments& a) const override {
    if (a.input_gradients[0] == nullptr) return;
    const Layout& read = from_result_ ? out_ : in_;
    const void* memory = from_result_ ? a.output : a.inputs[0];
    for_chunks(in_.elements(), [&](std::int64_t at, std::int64_t count) {
      F32Chunk read_chunk, gradient_chunk, to_chunk;
      const float* value = load_chunk(read.type, memory, at, count, read_chunk);
      const float* gradient = load_chunk(out_.type, a.output_gradient, at, count, gradient_chunk);
      float* to = chunk_to_store(in_.type, a.input_gradients[0], at, to_chunk);
      gradient_vectors().activation(operation_, value, value, gradient, to, count);
      store_chunk(in_.type, to, a.input_gradients[0], at, count);
    });
  }

  BackwardReads backward_reads() const override { return {{!from_result_}, from_result_}; }
  bool works_in_place() const override { return from_result_ && in_ == out_; }
  bool gradient_in_place() const override { return in_ == out_; }
  std::string implementation() const override {
    return std::string("own:activation:") + gradient_vectors().name;
  }

 private:
  Activation operation_;
  Layout in_, out_;
  bool from_result_;
};

// A row's channels at once. Rows of more channels than a chunk holds are f32 and need none.
class TrainSoftmax final : public TrainKernel {
 public:
  static constexpr std::int64_t kMostInBf16 = 4096;
  using Row = F32ChunkOf<kMostInBf16>;

  explicit TrainSoftmax(const TrainKernelRequest& r) : layout_(r.out) {}

  void forward(const ForwardArguments& a) const override {
    const std::int64_t channels = layout_.extents.c;
    each_row([&](std::int64_t at) {
      Row from_chunk, to_chunk;
      const float* from = load_chunk(layout_.type, a.inputs[0], at, channels, from_chunk);
      float* to = chunk_to_store(layout_.type, a.output, at, to_chunk);
      kernels::vector_kernels().softmax(from, to, channels);
      store_chunk(layout_.type, to, a.output, at, channels);
      clear_chunk(layout_.type, a.output, at + channels, layout_.padded - channels);
    });
  }

  void backward(const BackwardArguments& a) const override {
    if (a.input_gradients[0] == nullptr) return;
    const std::int64_t channels = layout_.extents.c;
    each_row([&](std::int64_t at) {
      Row value_chunk, gradient_chunk, to_chunk;
      const float* value = load_chunk(layout_.type, a.output, at, channels, value_chunk);
      const float* gradient = load_chunk(layout_.type, a.output_gradient, at, channels, gradient_chunk);
      float* to = chunk_to_store(layout_.type, a.input_gradients[0], at, to_chunk);
      map_vectors().softmax_gradient(value, gradient, to, channels);
      store_chunk(layout_.type, to, a.input_gradients[0], at, channels);
      clear_chunk(layout_.type, a.input_gradients[0], at + channels, layout_.padded - channels);
    });
  }

  BackwardReads backward_reads() const override { return {{false}, true}; }
  bool works_in_place() const override { return true; }
  bool gradient_in_place() const override { return true; }
  std::string implementation() const override { return std::string("own:softmax:") + map_vectors().name; }

 private:
  template <class F>
  void each_row(F body) const {
    kernels::parallel_for(layout_.rows(), layout_.elements() * 8,
                          [&](std::int64_t row) { body(row * layout_.padded); });
  }

  Layout layout_;
};

}  // namespace

std::unique_ptr<TrainKernel> make_activation(const TrainKernelRequest& request) {
  const auto& operation = std::get<Activation>(request.node.operation);
  if (request.in[0].padded != request.out.padded)
    throw ModelError(request.node.name + ": an activation's value has to lie as its input");
  if (operation.kind != ActivationKind::softmax) return std::make_unique<TrainActivation>(operation, request);
  if (request.in[0] != request.out ||
      (request.out.type == kernels::ElementType::bf16 && request.out.extents.c > TrainSoftmax::kMostInBf16))
    throw ModelError(request.node.name + ": softmax over so many channels is trained in f32 only");
  return std::make_unique<TrainSoftmax>(request);
}

}  // namespace actionflow::training
