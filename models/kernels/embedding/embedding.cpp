#include "models/kernels/embedding/embedding.h"

#include <algorithm>

#include "models/graph/sinusoid.h"
#include "models/kernels/f32_chunks.h"
#include "models/kernels/parallel.h"
#include "models/kernels/positions.h"

namespace actionflow::kernels {
namespace {

using training::F32Chunk;
using training::kChunkFloats;

class PositionEmbeddingKernel final : public Kernel {
 public:
  PositionEmbeddingKernel(EmbeddingTable table, const Layout& in, const Layout& out)
      : table_(std::move(table)), in_(in), out_(out) {}

  std::string implementation() const override {
    return std::string("own:position_embedding:") + vector_kernels().name;
  }
  std::size_t weight_bytes() const override { return table_.rows.size() * sizeof(float); }
  void run(const Arguments& arguments) const override {
    add_embedding(table_.extents, table_.rows.data(), in_, arguments.inputs[0], out_, arguments.output);
  }

 private:
  EmbeddingTable table_;
  Layout in_, out_;
};

class ClassTokenKernel final : public Kernel {
 public:
  ClassTokenKernel(ValueAxis axis, std::vector<float> token, const Layout& in, const Layout& out)
      : axis_(axis), token_(std::move(token)), in_(in), out_(out) {}

  std::string implementation() const override { return "own:class_token"; }
  std::size_t weight_bytes() const override { return token_.size() * sizeof(float); }
  void run(const Arguments& arguments) const override {
    put_class_token(axis_, token_.data(), in_, arguments.inputs[0], out_, arguments.output);
  }

 private:
  ValueAxis axis_;
  std::vector<float> token_;
  Layout in_, out_;
};

class ConstantKernel final : public Kernel {
 public:
  ConstantKernel(std::vector<float> value, const Layout& out) : value_(std::move(value)), out_(out) {}

  std::string implementation() const override { return "own:constant"; }
  std::size_t weight_bytes() const override { return value_.size() * sizeof(float); }
  void run(const Arguments& arguments) const override { put_constant(value_.data(), out_, arguments.output); }

 private:
  std::vector<float> value_;
  Layout out_;
};

}  // namespace

EmbeddingTable embedding_table(const PositionEmbedding& operation, const GraphNode& node,
                               std::vector<float> learned) {
  if (operation.kind == PositionEmbedding::Kind::sinusoid) return {node.extents, sinusoid(node.extents)};
  const Shape& shape = node.parameters.at(0).shape;
  return {{shape.at(3), shape.at(0), shape.at(1), shape.at(2)}, std::move(learned)};
}

void add_embedding(const Extents& table, const float* rows, const Layout& in, const void* from,
                   const Layout& out, void* to) {
  const std::int64_t channels = out.extents.c;
  parallel_for(out.rows(), out.elements(), [&](std::int64_t row) {
    Position at = position_of(out.extents, row);
    at.n = 0;
    const float* add = rows + row_of(table, at) * channels;
    for (std::int64_t c = 0; c < channels; c += kChunkFloats) {
      F32Chunk in_chunk, out_chunk;
      const std::int64_t count = std::min(kChunkFloats, channels - c);
      const float* value = training::load_chunk(in.type, from, row * in.padded + c, count, in_chunk);
      float* sum = training::chunk_to_store(out.type, to, row * out.padded + c, out_chunk);
      vector_kernels().binary(Elementwise::Kind::add, 1, value, 1, add + c, 1, sum, count);
      training::store_chunk(out.type, sum, to, row * out.padded + c, count);
    }
    clear_elements({out.type, to, row * out.padded + channels}, out.padded - channels);
  });
}

void put_class_token(ValueAxis axis, const float* token, const Layout& in, const void* from,
                     const Layout& out, void* to) {
  const std::int64_t channels = out.extents.c;
  parallel_for(out.rows(), out.elements(), [&](std::int64_t row) {
    Position at = position_of(out.extents, row);
    const std::int64_t step = kernels::along(at, axis)--;
    const Element target{out.type, to, row * out.padded};
    if (step == 0)
      copy_elements({ElementType::f32, token, 0}, target, channels);
    else
      copy_elements({in.type, from, row_of(in.extents, at) * in.padded}, target, channels);
    clear_elements({out.type, to, row * out.padded + channels}, out.padded - channels);
  });
}

void put_constant(const float* value, const Layout& out, void* to) {
  const std::int64_t channels = out.extents.c;
  parallel_for(out.rows(), out.elements(), [&](std::int64_t row) {
    copy_elements({ElementType::f32, value, row % out.extents.positions() * channels},
                  {out.type, to, row * out.padded}, channels);
    clear_elements({out.type, to, row * out.padded + channels}, out.padded - channels);
  });
}

std::unique_ptr<Kernel> make_position_embedding(EmbeddingTable table, const Layout& in, const Layout& out) {
  return std::make_unique<PositionEmbeddingKernel>(std::move(table), in, out);
}
std::unique_ptr<Kernel> make_class_token(const ClassToken& operation, std::vector<float> token,
                                         const Layout& in, const Layout& out) {
  return std::make_unique<ClassTokenKernel>(operation.axis, std::move(token), in, out);
}
std::unique_ptr<Kernel> make_constant(std::vector<float> value, const Layout& out) {
  return std::make_unique<ConstantKernel>(std::move(value), out);
}

}  // namespace actionflow::kernels
