// Our Winograd convolutions against oneDNN's on the same memory, alternating in one process:
//
//   winograd_benchmark [threads] [repetitions]
//
// For each shape: medians in milliseconds and the median of the ratios of neighbouring runs, which a busy
// machine moves least. With one thread the time is the processor's, so that others at work hardly count.
// ONLY=index takes one shape; TILE, ROWS and SHARED set WinogradOptions.
#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "base/tensor/tensor.h"
#include "models/kernels/winograd/winograd.h"

namespace {

using namespace actionflow;
using namespace actionflow::kernels;

struct Shape3d {
  const char* name;
  Extents in;
  Axes kernel;
};

ConvolutionProblem problem(const Shape3d& shape) {
  ConvolutionProblem p;
  const int pad = shape.kernel[0] / 2;
  p.operation = {
      .filters = shape.in.c, .kernel = shape.kernel, .pad_begin = {pad, 1, 1}, .pad_end = {pad, 1, 1}};
  p.in = p.out = {1, shape.in, padded_channels(shape.in.c), ElementType::f32};
  p.kernel.resize(static_cast<std::size_t>(shape.in.c * shape.in.c * p.kernel_taps()));
  for (std::size_t i = 0; i < p.kernel.size(); ++i)
    p.kernel[i] = static_cast<float>(i * 37 % 101) * 1e-3F - 0.05F;
  p.bias.assign(static_cast<std::size_t>(shape.in.c), 0.1F);
  p.post_operations = {Activation{}};
  return p;
}

double milliseconds() {
  timespec now{};
  clock_gettime(omp_get_max_threads() == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

// A kernel with memory of its own.
class Contestant {
 public:
  Contestant(std::unique_ptr<Kernel> kernel, const ConvolutionProblem& p, const Tensor& in)
      : kernel_(std::move(kernel)),
        out_(Shape{p.out.elements()}),
        scratch_(Shape{static_cast<std::int64_t>(kernel_->scratch_bytes() / sizeof(float)) + 1}),
        bound_(kernel_->bind({{in.data()}, out_.data(), scratch_.data()})) {}

  double run() const {
    const double start = milliseconds();
    bound_->run();
    return milliseconds() - start;
  }
  const Kernel& kernel() const { return *kernel_; }
  const Tensor& result() const { return out_; }

 private:
  std::unique_ptr<Kernel> kernel_;
  Tensor out_, scratch_;
  std::unique_ptr<Kernel::Bound> bound_;
};

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

int option(const char* name, int otherwise) {
  const char* value = std::getenv(name);
  return value ? std::atoi(value) : otherwise;
}

void compare(const Shape3d& shape, int repetitions) {
  const ConvolutionProblem p = problem(shape);
  Tensor in(Shape{p.in.elements()});
  for (std::int64_t i = 0; i < in.size(); ++i) in[i] = static_cast<float>(i * 31 % 97) * 0.01F;
  const Contestant theirs(onednn_convolution(p), p, in);
  const Contestant ours(make_winograd(p, {.tile = option("TILE", 0),
                                          .block_rows = option("ROWS", 0),
                                          .shared_blocks = option("SHARED", 0)}),
                        p, in);
  std::vector<double> times[2], ratios;
  for (int i = -2; i < repetitions; ++i) {
    const double a = theirs.run(), b = ours.run();
    if (i < 0) continue;
    times[0].push_back(a);
    times[1].push_back(b);
    ratios.push_back(b / a);
  }
  double largest = 0, scale = 0;
  for (std::int64_t i = 0; i < in.size(); ++i) {
    largest = std::max(largest, std::abs(double{theirs.result()[i]} - ours.result()[i]));
    scale = std::max(scale, std::abs(double{theirs.result()[i]}));
  }
  fmt::print(
      "{:<16} {:<22} {:8.3f} ms   {:<22} {:8.3f} ms   ratio {:.3f} (best {:.3f})   difference {:.1e}\n",
      shape.name, theirs.kernel().implementation(), median(times[0]), ours.kernel().implementation(),
      median(times[1]), median(ratios),
      *std::min_element(times[1].begin(), times[1].end()) /
          *std::min_element(times[0].begin(), times[0].end()),
      largest / scale);
}

}  // namespace

int main(int argc, char** argv) {
  omp_set_num_threads(argc > 1 ? std::atoi(argv[1]) : 2);
  const int repetitions = argc > 2 ? std::atoi(argv[2]) : 20;
  const int only = option("ONLY", -1);
  const std::vector<Shape3d> shapes = {
      {"64 16×56²", {64, 16, 56, 56}, {3, 3, 3}},      {"128 8×28²", {128, 8, 28, 28}, {3, 3, 3}},
      {"256 4×14²", {256, 4, 14, 14}, {3, 3, 3}},      {"512 2×7²", {512, 2, 7, 7}, {3, 3, 3}},
      {"64 16×56² 2D", {64, 16, 56, 56}, {1, 3, 3}},   {"128 8×28² 2D", {128, 8, 28, 28}, {1, 3, 3}},
      {"256 16×14² 2D", {256, 16, 14, 14}, {1, 3, 3}}, {"512 16×7² 2D", {512, 16, 7, 7}, {1, 3, 3}}};
  for (int i = 0; i < static_cast<int>(shapes.size()); ++i)
    if (only < 0 || only == i) compare(shapes[static_cast<std::size_t>(i)], repetitions);
}
