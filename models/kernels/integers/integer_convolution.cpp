#include "models/kernels/integers/integer_convolution.h"

#include <omp.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "models/kernels/aligned_floats.h"
#include "models/kernels/elementwise/post_operations.h"
#include "models/kernels/indirect/sources.h"
#include "models/kernels/integers/integer_kernel.h"
#include "models/kernels/number_conversion.h"
#include "models/kernels/parallel.h"

namespace actionflow::kernels {
namespace {

// Outputs that a thread makes at once.
constexpr std::int64_t kPositionsAtOnce = 48;
// So many groups of channels of a strip's taps stay in the nearest cache with their weights.
constexpr std::int64_t kGroupsAtOnce = 256;

std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }
std::size_t on_line(std::int64_t bytes) { return static_cast<std::size_t>(divide_up(bytes, 64) * 64); }

// The input as the loops read it: whole groups of channels.
Layout taken(const Layout& in, std::int64_t group) {
  Layout result = in;
  result.padded = divide_up(in.padded, group) * group;
  return result;
}

class IntegerConvolution final : public Kernel {
 public:
  IntegerConvolution(const ConvolutionProblem& p, const integers::Loops& loops)
      : loops_(loops),
        in_(p.in),
        taken_(taken(p.in, loops.group)),
        out_(p.out),
        shift_(p.in.type == ElementType::s8 && loops_.group == 4 ? 128 : 0),
        sources_(p.operation, taken_, p.out, element_bytes(), static_cast<std::uint8_t>(shift_)),
        taps_(p.kernel_taps()),
        groups_(divide_up(p.in.extents.c, loops_.group)),
        blocks_(divide_up(p.out.padded, loops_.out_block)),
        chunks_(divide_up(p.out.rows(), kPositionsAtOnce)),
        threads_(omp_get_max_threads()),
        bias_(aligned(p.bias, blocks_ * loops_.out_block)),
        posts_(p.post_operations),
        row_posts_(p.post_operations, p.out.padded),
        scales_(lay_out(integer_kernel(p))) {
    for (const PostOperation& post : posts_)
      if (const auto* add = std::get_if<AddInput>(&post)) operands_ = std::max(operands_, add->input);
  }

  std::string implementation() const override { return std::string("own:integers:") + loops_.name; }
  std::size_t weight_bytes() const override { return weights_.size() * sizeof(float); }
  std::size_t scratch_bytes() const override {
    return taken_bytes() + static_cast<std::size_t>(threads_) * thread_bytes();
  }

  void run(const Arguments& arguments) const override {
    if (!read_in_place()) take(arguments);
    const int threads = std::min(threads_, omp_get_max_threads());
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (std::int64_t chunk = 0; chunk < chunks_; ++chunk) make_outputs(arguments, chunk);
  }

 private:
  // A thread's part of the scratch.
  struct Own {
    std::int32_t* sums;
    float* results;   // of a chunk
    float* operands;  // what post-operations add, one after another
    const void** pointers;
  };
  std::int64_t result_floats() const { return kPositionsAtOnce * out_.padded; }
  std::size_t sum_bytes() const { return on_line(kPositionsAtOnce * loops_.out_block * 4); }
  std::int64_t element_bytes() const { return 4 / loops_.group; }
  // Bytes without a sign are read as they lie.
  bool read_in_place() const {
    return loops_.group == 4 && in_.type == ElementType::u8 && taken_.padded == in_.padded;
  }
  std::size_t taken_bytes() const {
    return read_in_place() ? 0 : on_line(taken_.elements() * element_bytes());
  }
  std::size_t thread_bytes() const {
    return sum_bytes() + on_line(result_floats() * 4) * static_cast<std::size_t>(1 + operands_) +
           on_line(kPositionsAtOnce * taps_ * static_cast<std::int64_t>(sizeof(const void*)));
  }
  Own own(const Arguments& arguments) const {
    std::byte* at = static_cast<std::byte*>(arguments.scratch) + taken_bytes() +
                    static_cast<std::size_t>(omp_get_thread_num()) * thread_bytes();
    const auto take = [&](std::size_t bytes) {
      void* here = at;
      at += bytes;
      return here;
    };
    Own result{};
    result.sums = static_cast<std::int32_t*>(take(sum_bytes()));
    result.results = static_cast<float*>(take(on_line(result_floats() * 4)));
    result.operands =
        static_cast<float*>(take(on_line(result_floats() * 4) * static_cast<std::size_t>(operands_)));
    result.pointers = static_cast<const void**>(static_cast<void*>(at));
    return result;
  }

  // The weights as the loops read them, and what the input's shift adds to sums; the outputs' scales.
  AlignedFloats lay_out(const IntegerKernel& kernel) {
    const std::int64_t block = loops_.out_block, inputs = in_.extents.c, group = loops_.group;
    weights_ = AlignedFloats(static_cast<std::size_t>(blocks_ * taps_ * groups_ * block));
    shifts_ = AlignedFloats(static_cast<std::size_t>(blocks_ * block));
    auto* bytes = static_cast<std::int8_t*>(static_cast<void*>(weights_.data()));
    auto* words = static_cast<std::int16_t*>(static_cast<void*>(weights_.data()));
    auto* shifts = static_cast<std::int32_t*>(static_cast<void*>(shifts_.data()));
    for (std::int64_t o = 0; o < out_.extents.c; ++o)
      for (std::int64_t i = 0; i < inputs; ++i)
        for (std::int64_t tap = 0; tap < taps_; ++tap) {
          const std::int64_t at =
              (((o / block * taps_ + tap) * groups_ + i / group) * block + o % block) * group + i % group;
          const std::int8_t value = kernel.values[static_cast<std::size_t>((o * inputs + i) * taps_ + tap)];
          group == 4 ? bytes[at] = value : words[at] = value;
          shifts[o] += shift_ * value;
        }
    return aligned(kernel.scales, blocks_ * block);
  }

  void take(const Arguments& arguments) const {
    constexpr std::int64_t kRows = 64;
    const std::int64_t rows = in_.rows();
    parallel_for(divide_up(rows, kRows), in_.elements(), [&](std::int64_t i) {
      const std::int64_t first = i * kRows, count = std::min(kRows, rows - first);
      if (taken_.padded == in_.padded)
        return take_run(arguments, first * in_.padded, first * in_.padded, count * in_.padded);
      for (std::int64_t row = first; row < first + count; ++row) {
        take_run(arguments, row * in_.padded, row * taken_.padded, in_.padded);
        std::memset(taken_at(arguments, row * taken_.padded + in_.padded), 0,
                    static_cast<std::size_t>((taken_.padded - in_.padded) * element_bytes()));
      }
    });
  }
  std::byte* taken_at(const Arguments& arguments, std::int64_t element) const {
    return static_cast<std::byte*>(arguments.scratch) + element * element_bytes();
  }
  void take_run(const Arguments& arguments, std::int64_t from, std::int64_t to, std::int64_t count) const {
    if (in_.type == ElementType::u8)
      loops_.take_u8(static_cast<const std::uint8_t*>(arguments.inputs[0]) + from, taken_at(arguments, to),
                     count);
    else
      loops_.take_s8(static_cast<const std::int8_t*>(arguments.inputs[0]) + from, taken_at(arguments, to),
                     count);
  }

  void make_outputs(const Arguments& arguments, std::int64_t chunk) const {
    const Own mine = own(arguments);
    const std::int64_t first = out_.rows() * chunk / chunks_,
                       count = out_.rows() * (chunk + 1) / chunks_ - first;
    const std::int64_t strips = divide_up(count, loops_.positions);
    const auto begin_of = [&](std::int64_t strip) { return count * strip / strips; };
    const void* input = read_in_place() ? arguments.inputs[0] : arguments.scratch;
    for (std::int64_t strip = 0; strip < strips; ++strip)
      sources_.find(input, first + begin_of(strip), begin_of(strip + 1) - begin_of(strip),
                    mine.pointers + begin_of(strip) * taps_);
    for (std::int64_t block = 0; block < blocks_; ++block) {
      const std::int64_t channel = block * loops_.out_block;
      const std::int64_t taps_at_once = std::max<std::int64_t>(1, kGroupsAtOnce / groups_);
      for (std::int64_t tap = 0; tap < taps_; tap += taps_at_once)
        for (std::int64_t strip = 0; strip < strips; ++strip)
          multiply(mine, begin_of(strip), begin_of(strip + 1), block, tap,
                   std::min(taps_at_once, taps_ - tap));
      loops_.finish(
          {.sums = mine.sums,
           .positions = count,
           .channels = std::min(loops_.out_block, out_.padded - channel),
           .shifts = static_cast<const std::int32_t*>(static_cast<const void*>(shifts_.data())) + channel,
           .scales = scales_.data() + channel,
           .bias = bias_.data() + channel,
           .out = mine.results + channel,
           .out_stride = out_.padded});
    }
    write(arguments, mine, first, count);
  }

  void multiply(const Own& mine, std::int64_t begin, std::int64_t end, std::int64_t block, std::int64_t tap,
                std::int64_t taps) const {
    integers::Strip strip;
    strip.positions = end - begin;
    strip.sources = mine.pointers + begin * taps_ + tap * strip.positions;
    strip.taps = taps;
    strip.groups = groups_;
    strip.weights = weights_.data() + (block * taps_ + tap) * groups_ * loops_.out_block;
    strip.sums = mine.sums + begin * loops_.out_block;
    strip.begins = tap == 0;
    loops_.multiply(strip);
  }

  void write(const Arguments& arguments, const Own& mine, std::int64_t first, std::int64_t count) const {
    const std::int64_t elements = count * out_.padded, begin = first * out_.padded;
    if (!row_posts_.empty()) {
      Arguments in_f32{.inputs = std::vector<const void*>(static_cast<std::size_t>(operands_) + 1),
                       .output = mine.results};
      for (const PostOperation& post : posts_)
        if (const auto* add = std::get_if<AddInput>(&post)) {
          float* operand =
              mine.operands + (add->input - 1) * static_cast<std::int64_t>(on_line(result_floats() * 4) / 4);
          convert_numbers({add->type, add->scale},
                          moved(arguments.inputs[static_cast<std::size_t>(add->input)], begin, add->type), {},
                          operand, 0, elements);
          in_f32.inputs[static_cast<std::size_t>(add->input)] = operand;
        }
      row_posts_.apply(in_f32, 0, count);
    }
    convert_numbers({}, mine.results, {out_.type, out_.scale},
                    const_cast<void*>(moved(arguments.output, begin, out_.type)), 0, elements);
  }
  static const void* moved(const void* memory, std::int64_t elements, ElementType type) {
    return static_cast<const std::byte*>(memory) + static_cast<std::size_t>(elements) * bytes_of(type);
  }

  const integers::Loops& loops_;
  Layout in_, taken_, out_;
  std::int32_t shift_;  // of the input's integers
  indirect::Sources sources_;
  std::int64_t taps_, groups_, blocks_, chunks_;
  int threads_, operands_ = 0;
  AlignedFloats bias_, weights_{0}, shifts_{0};  // groups of weights and integers in the floats' place
  std::vector<PostOperation> posts_;
  RowPostOperations row_posts_;
  AlignedFloats scales_;
};

}  // namespace

std::unique_ptr<Kernel> make_integer_convolution(const ConvolutionProblem& problem,
                                                 const integers::Loops& loops) {
  return std::make_unique<IntegerConvolution>(problem, loops);
}

std::unique_ptr<Kernel> integer_convolution(const ConvolutionProblem& problem) {
  return make_integer_convolution(problem, integers::loops());
}

}  // namespace actionflow::kernels
