// Each element's fate is a bit of a number that its row and channel choose, so layouts, types and threads do
// not matter. Backward reads it from a byte an element, which costs less than to draw it again.
#include <array>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "models/kernels/f32_chunks.h"
#include "models/kernels/simd/map_vectors.h"
#include "models/kernels/train_kernel.h"

namespace actionflow::training {
namespace {

class TrainDropout final : public TrainKernel {
 public:
  TrainDropout(const Dropout& operation, const TrainKernelRequest& r)
      : layout_(r.out),
        purpose_("dropout " + r.node.name),
        dropped_below_(std::uint64_t(std::llround(double{operation.rate} * 0x1p32))),
        scale_(1 / (1 - operation.rate)) {}

  void forward(const ForwardArguments& a) const override {
    draw(a.key, static_cast<std::uint8_t*>(a.saved));
    apply(static_cast<const std::uint8_t*>(a.saved), a.inputs[0], a.output);
  }
  void backward(const BackwardArguments& a) const override {
    if (a.input_gradients[0] == nullptr) return;
    apply(static_cast<const std::uint8_t*>(a.saved), a.output_gradient, a.input_gradients[0]);
  }

  BackwardReads backward_reads() const override { return {{false}, false}; }
  std::size_t saved_bytes() const override { return static_cast<std::size_t>(layout_.elements()); }
  bool works_in_place() const override { return true; }
  bool gradient_in_place() const override { return true; }
  std::string implementation() const override { return std::string("own:dropout:") + map_vectors().name; }

 private:
  void draw(StepKey step, std::uint8_t* kept) const {
    const std::uint64_t bits = Random(step.seed, purpose_, 0, step.step).bits64();
    const std::array<std::uint32_t, 2> key{static_cast<std::uint32_t>(bits),
                                           static_cast<std::uint32_t>(bits >> 32)};
    const std::int64_t before = step.first_clip * (layout_.rows() / layout_.batch);
    kernels::parallel_for(layout_.rows(), layout_.elements() * 16, [&](std::int64_t own_row) {
      const std::int64_t row = before + own_row;
      const auto low = static_cast<std::uint32_t>(row), high = static_cast<std::uint32_t>(row >> 32);
      std::uint8_t* own = kept + own_row * layout_.padded;
      for (std::int64_t c = 0; c < layout_.padded; c += 4) {
        const auto block = philox({static_cast<std::uint32_t>(c / 4), low, high, 0}, key);
        for (std::int64_t k = 0; k < std::min<std::int64_t>(4, layout_.padded - c); ++k)
          own[c + k] = block[static_cast<std::size_t>(k)] >= dropped_below_ ? 1 : 0;
      }
    });
  }

  void apply(const std::uint8_t* kept, const void* from, void* to) const {
    for_chunks(layout_.elements(), [&](std::int64_t at, std::int64_t count) {
      F32Chunk from_chunk, to_chunk;
      const float* in = load_chunk(layout_.type, from, at, count, from_chunk);
      float* out = chunk_to_store(layout_.type, to, at, to_chunk);
      map_vectors().keep(kept + at, in, scale_, out, count);
      store_chunk(layout_.type, out, to, at, count);
    });
  }

  Layout layout_;
  std::string purpose_;
  std::uint64_t dropped_below_;
  float scale_;
};

}  // namespace

std::unique_ptr<TrainKernel> make_dropout(const TrainKernelRequest& request) {
  const auto& operation = std::get<Dropout>(request.node.operation);
  if (request.in[0] != request.out || !(operation.rate >= 0 && operation.rate < 1))
    throw ModelError(request.node.name + ": dropout's rate has to be in [0, 1)");
  return std::make_unique<TrainDropout>(operation, request);
}

}  // namespace actionflow::training
