// The LSTM over maps: a product a tap of the kernel and step, added to the gates that come from the input,
// then one elementwise loop.
#include <algorithm>
#include <string>

#include "models/kernels/dense/dense.h"
#include "models/kernels/parallel.h"
#include "models/kernels/recurrent/recurrent.h"
#include "models/kernels/recurrent/state_map.h"
#include "models/kernels/simd/vector.h"

namespace actionflow::kernels {
namespace {

// Rows × units of one tap.
std::vector<float> tap_of(const std::vector<float>& kernel, std::int64_t tap, std::int64_t taps) {
  std::vector<float> matrix;
  for (std::size_t i = static_cast<std::size_t>(tap); i < kernel.size(); i += static_cast<std::size_t>(taps))
    matrix.push_back(kernel[i]);
  return matrix;
}

class ConvLstmKernel final : public Kernel {
 public:
  explicit ConvLstmKernel(const ConvLstmProblem& p)
      : operation_(p.operation),
        in_(p.in),
        out_(p.out),
        map_(p.operation, p.in.extents),
        units_(p.operation.units),
        bias_(p.bias) {
    bias_.resize(static_cast<std::size_t>(4 * units_), 0.0F);
    for (std::int64_t tap = 0; tap < map_.taps(); ++tap)
      taps_.emplace_back(tap_of(p.recurrent_kernel, tap, map_.taps()), std::vector<float>{}, 4 * units_,
                         units_);
    row_ = taps_.front().columns();
  }

  std::string implementation() const override {
    return std::string("own:conv_lstm:") + vector_kernels().name;
  }
  std::size_t weight_bytes() const override {
    std::size_t bytes = bias_.size() * sizeof(float);
    for (const Product& tap : taps_) bytes += tap.bytes();
    return bytes;
  }
  std::size_t scratch_bytes() const override {
    const std::int64_t own = operation_.carried ? 0 : state_floats();
    return static_cast<std::size_t>(map_.gate_rows() * row_ + own) * sizeof(float);
  }
  std::size_t state_bytes() const override {
    if (!operation_.carried) return 0;
    return static_cast<std::size_t>(in_.batch * state_floats()) * sizeof(float);
  }

  void run(const Arguments& arguments) const override {
    auto* const gates = static_cast<float*>(arguments.scratch);
    const std::int64_t steps = in_.extents.t;
    for (std::int64_t n = 0; n < in_.batch; ++n) {
      const bool carried = arguments.state != nullptr;
      float* const hidden = carried ? static_cast<float*>(arguments.state) + n * state_floats()
                                    : gates + map_.gate_rows() * row_;
      if (!carried) std::fill_n(hidden, state_floats(), 0.0F);
      for (std::int64_t i = 0; i < steps; ++i) {
        const std::int64_t t = operation_.backward ? steps - 1 - i : i;
        begin(static_cast<const float*>(arguments.inputs[0]) + (n * steps + t) * in_.frame(), gates);
        if (carried || i > 0) recur(hidden, gates);
        update(gates, hidden, hidden + map_.floats());
        if (operation_.sequence || i + 1 == steps)
          write(hidden, static_cast<float*>(arguments.output) +
                            (operation_.sequence ? n * steps + t : n) * out_.frame());
      }
    }
  }

 private:
  std::int64_t state_floats() const { return map_.floats() + map_.cells(); }

  template <class Body>
  void for_rows(Body&& body) const {
    parallel_for(map_.height, map_.gate_rows() * row_ * kWorkOfGate, body);
  }

  // The gates of one sample: what comes from the input, and the bias.
  void begin(const float* in, float* gates) const {
    for_rows([&](std::int64_t y) {
      for (std::int64_t x = 0; x < map_.pitch(); ++x) {
        float* const to = gates + (y * map_.pitch() + x) * row_;
        if (x < map_.width)
          vector_kernels().binary(Elementwise::Kind::add, 1, in + (y * map_.width + x) * in_.padded, 1,
                                  bias_.data(), 1, to, 4 * units_);
        std::fill(to + (x < map_.width ? 4 * units_ : 0), to + row_, 0.0F);
      }
    });
  }

  void recur(const float* hidden, float* gates) const {
    for (std::int64_t tap = 0; tap < map_.taps(); ++tap)
      taps_[static_cast<std::size_t>(tap)].run(hidden + map_.first_of(tap), units_, map_.gate_rows(), gates,
                                               row_, true);
  }

  void update(float* gates, float* hidden, float* cells) const {
    for_rows([&](std::int64_t y) {
      for (std::int64_t x = 0; x < map_.width; ++x)
        update_one(gates + (y * map_.pitch() + x) * row_, hidden + map_.at(y, x),
                   cells + (y * map_.width + x) * units_);
    });
  }

  void update_one(float* gates, float* hidden, float* cell) const {
    const auto& vectors = vector_kernels();
    const Activation gate{.kind = operation_.recurrent_activation, .slope = operation_.slope};
    const Activation output{.kind = operation_.activation, .slope = operation_.slope};
    vectors.activate(gate, gates, gates, 2 * units_);
    vectors.activate(output, gates + 2 * units_, gates + 2 * units_, units_);
    vectors.activate(gate, gates + 3 * units_, gates + 3 * units_, units_);
    vectors.lstm_state(gates, units_, cell, units_);
    vectors.activate(output, cell, hidden, units_);
    vectors.binary(Elementwise::Kind::multiply, 1, hidden, 1, gates + 3 * units_, 1, hidden, units_);
  }

  void write(const float* hidden, float* out) const {
    for_rows([&](std::int64_t y) {
      for (std::int64_t x = 0; x < map_.width; ++x) {
        float* const to = out + (y * map_.width + x) * out_.padded;
        std::copy_n(hidden + map_.at(y, x), units_, to);
        std::fill(to + units_, to + out_.padded, 0.0F);
      }
    });
  }

  static constexpr std::int64_t kWorkOfGate = 16;  // an exponential, beside a sum

  ConvLstm operation_;
  Layout in_, out_;
  StateMap map_;
  std::int64_t units_, row_ = 0;  // row: floats of one position's gates
  std::vector<float> bias_;
  std::vector<Product> taps_;
};

}  // namespace

std::unique_ptr<Kernel> make_conv_lstm(const ConvLstmProblem& problem) {
  return std::make_unique<ConvLstmKernel>(problem);
}

}  // namespace actionflow::kernels
