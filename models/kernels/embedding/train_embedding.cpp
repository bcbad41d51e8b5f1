#include <algorithm>
#include <optional>

#include "models/kernels/embedding/embedding.h"
#include "models/kernels/f32_chunks.h"
#include "models/kernels/positions.h"
#include "models/kernels/train_kernel.h"

namespace actionflow::training {
namespace {

using kernels::Position;

// to += the `channels` elements from `at` on.
void add_row(const Layout& layout, const void* memory, std::int64_t at, std::int64_t channels, float* to) {
  for (std::int64_t c = 0; c < channels; c += kChunkFloats) {
    F32Chunk chunk;
    const std::int64_t count = std::min(kChunkFloats, channels - c);
    const float* row = load_chunk(layout.type, memory, at + c, count, chunk);
    kernels::vector_kernels().binary(Elementwise::Kind::add, 1, to + c, 1, row, 1, to + c, count);
  }
}

class TrainPositionEmbedding final : public TrainKernel {
 public:
  explicit TrainPositionEmbedding(const TrainKernelRequest& r)
      : in_(r.in[0]),
        out_(r.out),
        table_(kernels::embedding_table(std::get<PositionEmbedding>(r.node.operation), r.node, {})) {}

  void forward(const ForwardArguments& a) const override {
    const float* rows = a.parameters.empty() ? table_.rows.data() : a.parameters[0];
    kernels::add_embedding(table_.extents, rows, in_, a.inputs[0], out_, a.output);
  }

  void backward(const BackwardArguments& a) const override {
    if (!a.parameter_gradients.empty() && a.parameter_gradients[0] != nullptr) add_gradient(a);
    void* to = a.input_gradients[0];
    if (to == nullptr || to == a.output_gradient) return;
    kernels::parallel_for(in_.rows(), in_.elements(), [&](std::int64_t row) {
      kernels::copy_elements({out_.type, a.output_gradient, row * out_.padded},
                             {in_.type, to, row * in_.padded}, in_.extents.c);
      clear_chunk(in_.type, to, row * in_.padded + in_.extents.c, in_.padded - in_.extents.c);
    });
  }

  BackwardReads backward_reads() const override { return {{false}, false}; }
  bool works_in_place() const override { return in_ == out_; }
  bool gradient_in_place() const override { return in_ == out_; }
  std::string implementation() const override {
    return std::string("own:position_embedding:") + kernels::vector_kernels().name;
  }

 private:
  void add_gradient(const BackwardArguments& a) const {
    const std::int64_t channels = out_.extents.c;
    kernels::parallel_for(table_.extents.positions(), out_.elements(), [&](std::int64_t row) {
      Position own = kernels::position_of(table_.extents, row);
      float* to = a.parameter_gradients[0] + row * channels;
      for (own.n = 0; own.n < out_.batch; ++own.n)
        kernels::each_reader(table_.extents, out_.extents, own, [&](const Position& there) {
          add_row(out_, a.output_gradient, kernels::row_of(out_.extents, there) * out_.padded, channels, to);
        });
    });
  }

  Layout in_, out_;
  kernels::EmbeddingTable table_;  // of a learned one the extents alone
};

class TrainClassToken final : public TrainKernel {
 public:
  explicit TrainClassToken(const TrainKernelRequest& r)
      : axis_(std::get<ClassToken>(r.node.operation).axis), in_(r.in[0]), out_(r.out) {}

  void forward(const ForwardArguments& a) const override {
    kernels::put_class_token(axis_, a.parameters[0], in_, a.inputs[0], out_, a.output);
  }

  void backward(const BackwardArguments& a) const override {
    if (a.parameter_gradients[0] != nullptr)
      for (std::int64_t row = 0; row < out_.rows(); ++row) {
        Position at = kernels::position_of(out_.extents, row);
        if (kernels::along(at, axis_) == 0)
          add_row(out_, a.output_gradient, row * out_.padded, out_.extents.c, a.parameter_gradients[0]);
      }
    if (a.input_gradients[0] == nullptr) return;
    kernels::parallel_for(in_.rows(), in_.elements(), [&](std::int64_t row) {
      Position at = kernels::position_of(in_.extents, row);
      ++kernels::along(at, axis_);
      kernels::copy_elements({out_.type, a.output_gradient, kernels::row_of(out_.extents, at) * out_.padded},
                             {in_.type, a.input_gradients[0], row * in_.padded}, in_.extents.c);
      clear_chunk(in_.type, a.input_gradients[0], row * in_.padded + in_.extents.c,
                  in_.padded - in_.extents.c);
    });
  }

  BackwardReads backward_reads() const override { return {{false}, false}; }
  std::string implementation() const override { return "own:class_token"; }

 private:
  ValueAxis axis_;
  Layout in_, out_;
};

class TrainConstant final : public TrainKernel {
 public:
  explicit TrainConstant(const TrainKernelRequest& r) : in_(r.in[0]), out_(r.out) {}

  void forward(const ForwardArguments& a) const override {
    kernels::put_constant(a.parameters[0], out_, a.output);
  }

  void backward(const BackwardArguments& a) const override {
    if (float* gradient = a.parameter_gradients[0]; gradient != nullptr) {
      const std::int64_t positions = out_.extents.positions(), channels = out_.extents.c;
      kernels::parallel_for(positions, out_.elements(), [&](std::int64_t position) {
        for (std::int64_t row = position; row < out_.rows(); row += positions)
          add_row(out_, a.output_gradient, row * out_.padded, channels, gradient + position * channels);
      });
    }
    if (a.input_gradients[0] != nullptr) clear_chunk(in_.type, a.input_gradients[0], 0, in_.elements());
  }

  BackwardReads backward_reads() const override { return {{false}, false}; }
  std::string implementation() const override { return "own:constant"; }

 private:
  Layout in_, out_;
};

}  // namespace

std::unique_ptr<TrainKernel> make_position_embedding(const TrainKernelRequest& request) {
  return std::make_unique<TrainPositionEmbedding>(request);
}
std::unique_ptr<TrainKernel> make_class_token(const TrainKernelRequest& request) {
  return std::make_unique<TrainClassToken>(request);
}
std::unique_ptr<TrainKernel> make_constant(const TrainKernelRequest& request) {
  return std::make_unique<TrainConstant>(request);
}

}  // namespace actionflow::training
