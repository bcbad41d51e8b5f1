#include <algorithm>
#include <cstring>

#include "models/kernels/elementwise/post_operations.h"
#include "models/kernels/operations.h"
#include "models/kernels/parallel.h"
#include "models/kernels/simd/vector.h"

namespace actionflow::kernels {
namespace {

// Rows that a thread takes at a time: a few vectors' worth, so that a chain stays in the nearest cache.
std::int64_t rows_of_chunk(const Layout& layout) { return std::max<std::int64_t>(1, 4096 / layout.padded); }

// Runs body(first_row, count) over all rows of a value.
template <class F>
void for_each_chunk(const Layout& layout, F&& body) {
  const std::int64_t rows = layout.rows(), chunk = rows_of_chunk(layout);
  parallel_for((rows + chunk - 1) / chunk, layout.elements(),
               [&](std::int64_t i) { body(i * chunk, std::min(chunk, rows - i * chunk)); });
}

class Pointwise final : public Kernel {
 public:
  Pointwise(const std::vector<PostOperation>& operations, const Layout& layout)
      : layout_(layout), operations_(operations, layout.padded) {}

  std::string implementation() const override {
    return std::string("own:pointwise:") + vector_kernels().name;
  }
  void run(const Arguments& arguments) const override {
    for_each_chunk(layout_, [&](std::int64_t first, std::int64_t count) {
      operations_.apply(arguments, arguments.inputs[0], first, count);
    });
  }

 private:
  Layout layout_;
  RowPostOperations operations_;
};

class PReluKernel final : public Kernel {
 public:
  PReluKernel(const std::vector<float>& alpha, const Layout& layout)
      : layout_(layout), alpha_(with_padding(alpha, layout.padded)) {
    if (alpha.size() == 1) std::fill(alpha_.begin(), alpha_.end(), alpha[0]);
  }

  std::string implementation() const override { return std::string("own:prelu:") + vector_kernels().name; }
  void run(const Arguments& arguments) const override {
    for_each_chunk(layout_, [&](std::int64_t first, std::int64_t count) {
      const std::int64_t begin = first * layout_.padded;
      vector_kernels().prelu(static_cast<const float*>(arguments.inputs[0]) + begin, alpha_.data(),
                             static_cast<float*>(arguments.output) + begin, count, layout_.padded);
    });
  }

 private:
  Layout layout_;
  std::vector<float> alpha_;
};

class SoftmaxKernel final : public Kernel {
 public:
  explicit SoftmaxKernel(const Layout& layout) : layout_(layout) {}

  std::string implementation() const override { return std::string("own:softmax:") + vector_kernels().name; }
  void run(const Arguments& arguments) const override {
    const float* in = static_cast<const float*>(arguments.inputs[0]);
    float* out = static_cast<float*>(arguments.output);
    const std::int64_t channels = layout_.extents.c, padded = layout_.padded;
    parallel_for(layout_.rows(), layout_.elements() * 8, [&](std::int64_t row) {
      vector_kernels().softmax(in + row * padded, out + row * padded, channels);
      std::fill(out + row * padded + channels, out + (row + 1) * padded, 0.0F);
    });
  }

 private:
  Layout layout_;
};

class ElementwiseKernel final : public Kernel {
 public:
  ElementwiseKernel(const Elementwise& operation, const std::vector<Layout>& in, const Layout& out)
      : operation_(operation), in_(in), out_(out) {
    alike_ = std::all_of(in.begin(), in.end(), [&](const Layout& layout) { return layout == out; });
  }

  std::string implementation() const override {
    return std::string("own:elementwise:") + vector_kernels().name;
  }

  void run(const Arguments& arguments) const override {
    if (alike_)
      for_each_chunk(out_, [&](std::int64_t first, std::int64_t count) {
        combine(arguments, first * out_.padded, count * out_.padded);
      });
    else
      parallel_for(out_.rows(), out_.elements() * 4, [&](std::int64_t row) { combine_row(arguments, row); });
  }

 private:
  // The scale comes with the last operand.
  float scale(std::size_t operand) const { return operand + 1 == in_.size() ? operation_.scale : 1.0F; }

  void combine(const Arguments& arguments, std::int64_t begin, std::int64_t n) const {
    float* out = static_cast<float*>(arguments.output) + begin;
    const float* left = static_cast<const float*>(arguments.inputs[0]) + begin;
    for (std::size_t i = 1; i < in_.size(); ++i) {
      const float* right = static_cast<const float*>(arguments.inputs[i]) + begin;
      vector_kernels().binary(operation_.kind, scale(i), left, 1, right, 1, out, n);
      left = out;
    }
  }

  // Where an input is read for one position of the result.
  const float* operand(const Arguments& arguments, std::size_t i, std::int64_t row) const {
    const Extents &e = out_.extents, &own = in_[i].extents;
    const std::int64_t w = row % e.w, h = row / e.w % e.h, t = row / (e.w * e.h) % e.t;
    const std::int64_t n = row / e.positions();
    const std::int64_t at =
        ((n * own.t + (own.t == 1 ? 0 : t)) * own.h + (own.h == 1 ? 0 : h)) * own.w + (own.w == 1 ? 0 : w);
    return static_cast<const float*>(arguments.inputs[i]) + at * in_[i].padded;
  }

  void combine_row(const Arguments& arguments, std::int64_t row) const {
    float* out = static_cast<float*>(arguments.output) + row * out_.padded;
    const std::int64_t channels = out_.extents.c;
    const auto step = [&](std::size_t i) { return in_[i].extents.c == channels ? 1 : 0; };
    const float* left = operand(arguments, 0, row);
    int left_step = step(0);
    for (std::size_t i = 1; i < in_.size(); ++i) {
      vector_kernels().binary(operation_.kind, scale(i), left, left_step, operand(arguments, i, row), step(i),
                              out, channels);
      left = out;
      left_step = 1;
    }
    std::fill(out + channels, out + out_.padded, 0.0F);
  }

  Elementwise operation_;
  std::vector<Layout> in_;
  Layout out_;
  bool alike_;
};

}  // namespace

std::unique_ptr<Kernel> make_pointwise(const std::vector<PostOperation>& operations, const Layout& layout) {
  return std::make_unique<Pointwise>(operations, layout);
}
std::unique_ptr<Kernel> make_prelu(const std::vector<float>& alpha, const Layout& layout) {
  return std::make_unique<PReluKernel>(alpha, layout);
}
std::unique_ptr<Kernel> make_softmax(const Layout& layout) { return std::make_unique<SoftmaxKernel>(layout); }
std::unique_ptr<Kernel> make_elementwise(const Elementwise& operation, const std::vector<Layout>& in,
                                         const Layout& out) {
  return std::make_unique<ElementwiseKernel>(operation, in, out);
}

}  // namespace actionflow::kernels
