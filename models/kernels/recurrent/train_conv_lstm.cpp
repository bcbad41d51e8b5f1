// The LSTM over maps in training. What comes from the input is added to the gates as it is, so that the
// input's gradient is that of the gates; each of the recurrent kernel's taps is a product over all rows of a
// map, as in inference.
#include <algorithm>
#include <string>

#include "models/kernels/dense/matrix_product.h"
#include "models/kernels/f32_chunks.h"
#include "models/kernels/recurrent/state_map.h"
#include "models/kernels/scratch.h"
#include "models/kernels/simd/gradient_vectors.h"
#include "models/kernels/train_kernel.h"

namespace actionflow::training {
namespace {

using kernels::StateMap;

void read_row(const Layout& layout, const void* memory, std::int64_t row, std::int64_t count, float* to) {
  if (layout.type == kernels::ElementType::f32)
    std::copy_n(static_cast<const float*>(memory) + row * layout.padded, count, to);
  else
    kernels::vector_kernels().to_f32(static_cast<const std::uint16_t*>(memory) + row * layout.padded, to,
                                     count);
}

void write_row(const Layout& layout, const float* from, std::int64_t count, void* memory, std::int64_t row) {
  store_chunk(layout.type, from, memory, row * layout.padded, count);
  clear_chunk(layout.type, memory, row * layout.padded + count, layout.padded - count);
}

// Per tap, on rows of a map: gates += state·Wᵀ, state gradient += gate gradients·W, W's += gate
// gradientsᵀ·state.
MatrixProblem gates_problem(const StateMap& map) {
  return {.rows = map.gate_rows(),
          .columns = 4 * map.units,
          .depth = map.units,
          .b_transposed = true,
          .a_stride = map.units,
          .b_stride = map.units,
          .c_stride = 4 * map.units,
          .add = true};
}
MatrixProblem state_problem(const StateMap& map) {
  return {.rows = map.gate_rows(),
          .columns = map.units,
          .depth = 4 * map.units,
          .a_stride = 4 * map.units,
          .b_stride = map.units,
          .c_stride = map.units,
          .add = true};
}
MatrixProblem kernel_problem(const StateMap& map) {
  return {.rows = 4 * map.units,
          .columns = map.units,
          .depth = map.gate_rows(),
          .a_transposed = true,
          .a_stride = 4 * map.units,
          .b_stride = map.units,
          .c_stride = map.units,
          .add = true};
}

class TrainConvLstm final : public TrainKernel {
 public:
  explicit TrainConvLstm(const TrainKernelRequest& r)
      : operation_(std::get<ConvLstm>(r.node.operation)),
        in_(r.in[0]),
        out_(r.out),
        map_(operation_, in_.extents),
        units_(operation_.units),
        row_(4 * units_),
        steps_(in_.extents.t),
        keeps_raw_(!slope_from_result(operation_.activation) ||
                   !slope_from_result(operation_.recurrent_activation)),
        to_gates_(gates_problem(map_)),
        to_state_(state_problem(map_)),
        to_kernel_(kernel_problem(map_)) {
    const std::int64_t clips = in_.batch, places = map_.height * map_.width;
    gates_at_ = saved_.add_floats(clips * steps_ * places * row_);
    raw_at_ = saved_.add_floats(keeps_raw_ ? clips * steps_ * places * row_ : 0);
    cells_at_ = saved_.add_floats(clips * (steps_ + 1) * map_.cells());
    states_at_ = saved_.add_floats(clips * steps_ * map_.floats());
    forward_gates_at_ = forward_scratch_.add_floats(map_.gate_rows() * row_);
    forward_taps_at_ = forward_scratch_.add_floats(map_.taps() * row_ * units_);
    gradients_at_ = backward_scratch_.add_floats(map_.gate_rows() * row_);
    taps_at_ = backward_scratch_.add_floats(map_.taps() * row_ * units_);
    tap_gradients_at_ = backward_scratch_.add_floats(map_.taps() * row_ * units_);
    state_gradient_at_ = backward_scratch_.add_floats(map_.floats());
    cell_gradient_at_ = backward_scratch_.add_floats(map_.cells());
    spare_at_ = backward_scratch_.add_floats(map_.cells() * 3);
  }

  std::string implementation() const override {
    return std::string("own:conv_lstm:") + gradient_vectors().name;
  }
  BackwardReads backward_reads() const override { return {{false}, false}; }
  std::size_t saved_bytes() const override { return saved_.bytes(); }
  std::size_t forward_scratch_bytes() const override { return forward_scratch_.bytes(); }
  std::size_t backward_scratch_bytes() const override { return backward_scratch_.bytes(); }

  void forward(const ForwardArguments& a) const override {
    float* const taps = piece<float>(a.scratch, forward_taps_at_);
    lay_out_taps(a.parameters[0], taps);
    for (std::int64_t n = 0; n < in_.batch; ++n) {
      std::fill_n(state(a.saved, n, 0), map_.floats(), 0.0F);
      std::fill_n(cells(a.saved, n, 0), map_.cells(), 0.0F);
      for (std::int64_t i = 0; i < steps_; ++i) step(a, n, i, taps);
    }
  }

  void backward(const BackwardArguments& a) const override {
    float* const kernel_gradient = a.parameter_gradients[0];
    float* const tap_gradients = piece<float>(a.scratch, tap_gradients_at_);
    lay_out_taps(a.parameters[0], piece<float>(a.scratch, taps_at_));
    std::fill_n(tap_gradients, map_.taps() * row_ * units_, 0.0F);
    for (std::int64_t n = 0; n < in_.batch; ++n) {
      std::fill_n(piece<float>(a.scratch, state_gradient_at_), map_.floats(), 0.0F);
      std::fill_n(piece<float>(a.scratch, cell_gradient_at_), map_.cells(), 0.0F);
      for (std::int64_t i = steps_; i-- > 0;) step_back(a, n, i);
    }
    if (kernel_gradient == nullptr) return;
    for_each_weight([&](std::int64_t in_kernel, std::int64_t in_taps) {
      kernel_gradient[in_kernel] += tap_gradients[in_taps];
    });
  }

 private:
  std::int64_t time(std::int64_t i) const { return operation_.backward ? steps_ - 1 - i : i; }
  // Row of the input's or of a whole output's at a place.
  std::int64_t row_at(std::int64_t n, std::int64_t t, std::int64_t y, std::int64_t x) const {
    return ((n * steps_ + t) * map_.height + y) * map_.width + x;
  }
  std::int64_t out_row_at(std::int64_t n, std::int64_t i, std::int64_t y, std::int64_t x) const {
    return operation_.sequence ? row_at(n, time(i), y, x) : (n * map_.height + y) * map_.width + x;
  }
  bool gives(std::int64_t i) const { return operation_.sequence || i + 1 == steps_; }

  // The map before step i, and the cells.
  std::int64_t state_at(std::int64_t n, std::int64_t i) const { return (n * steps_ + i) * map_.floats(); }
  std::int64_t cells_at(std::int64_t n, std::int64_t i) const {
    return (n * (steps_ + 1) + i) * map_.cells();
  }
  float* state(void* saved, std::int64_t n, std::int64_t i) const {
    return piece<float>(saved, states_at_) + state_at(n, i);
  }
  const float* state(const void* saved, std::int64_t n, std::int64_t i) const {
    return piece<float>(saved, states_at_) + state_at(n, i);
  }
  float* cells(void* saved, std::int64_t n, std::int64_t i) const {
    return piece<float>(saved, cells_at_) + cells_at(n, i);
  }
  const float* cells(const void* saved, std::int64_t n, std::int64_t i) const {
    return piece<float>(saved, cells_at_) + cells_at(n, i);
  }
  Activation gate_activation() const {
    return {.kind = operation_.recurrent_activation, .slope = operation_.slope};
  }
  Activation output_activation() const { return {.kind = operation_.activation, .slope = operation_.slope}; }

  template <class Body>
  void for_each_weight(Body&& body) const {
    for (std::int64_t tap = 0; tap < map_.taps(); ++tap)
      for (std::int64_t i = 0; i < row_ * units_; ++i) body(i * map_.taps() + tap, tap * row_ * units_ + i);
  }
  void lay_out_taps(const float* kernel, float* taps) const {
    for_each_weight([&](std::int64_t in_kernel, std::int64_t in_taps) { taps[in_taps] = kernel[in_kernel]; });
  }

  // body(y, x, the place's number) in rows of the map that threads share out.
  template <class Body>
  void for_places(Body&& body) const {
    constexpr std::int64_t kWorkOfGate = 16;  // an exponential, beside a sum
    kernels::parallel_for(map_.height, map_.gate_rows() * row_ * kWorkOfGate, [&](std::int64_t y) {
      for (std::int64_t x = 0; x < map_.width; ++x) body(y, x, y * map_.width + x);
    });
  }

  void step(const ForwardArguments& a, std::int64_t n, std::int64_t i, const float* taps) const {
    float* const gates = piece<float>(a.scratch, forward_gates_at_);
    const float* const bias = operation_.bias ? a.parameters[1] : nullptr;
    std::fill_n(gates, map_.gate_rows() * row_, 0.0F);
    for_places([&](std::int64_t y, std::int64_t x, std::int64_t) {
      float* const to = gates + (y * map_.pitch() + x) * row_;
      read_row(in_, a.inputs[0], row_at(n, time(i), y, x), row_, to);
      if (bias != nullptr) add(to, bias, to, row_);
    });
    for (std::int64_t tap = 0; i > 0 && tap < map_.taps(); ++tap)
      to_gates_.run(state(a.saved, n, i) + map_.first_of(tap), taps + tap * row_ * units_, gates, nullptr);
    float* const next = i + 1 < steps_ ? state(a.saved, n, i + 1) : nullptr;
    if (next != nullptr) std::fill_n(next, map_.floats(), 0.0F);
    for_places([&](std::int64_t y, std::int64_t x, std::int64_t place) {
      step_at(a, n, i, gates + (y * map_.pitch() + x) * row_, place);
      float* const hidden = gates + (y * map_.pitch() + x) * row_;  // read no more
      if (next != nullptr) std::copy_n(hidden, units_, next + map_.at(y, x));
      if (gives(i)) write_row(out_, hidden, units_, a.output, out_row_at(n, i, y, x));
    });
  }

  // The new hidden state takes the first gate's place.
  void step_at(const ForwardArguments& a, std::int64_t n, std::int64_t i, float* raw,
               std::int64_t place) const {
    const auto& vectors = kernels::vector_kernels();
    const std::int64_t saved_at = ((n * steps_ + i) * map_.height * map_.width + place) * row_;
    float* const gates = piece<float>(a.saved, gates_at_) + saved_at;
    if (keeps_raw_) std::copy_n(raw, row_, piece<float>(a.saved, raw_at_) + saved_at);
    vectors.activate(gate_activation(), raw, gates, 2 * units_);
    vectors.activate(output_activation(), raw + 2 * units_, gates + 2 * units_, units_);
    vectors.activate(gate_activation(), raw + 3 * units_, gates + 3 * units_, units_);
    float* const cell = cells(a.saved, n, i + 1) + place * units_;
    std::copy_n(cells(a.saved, n, i) + place * units_, units_, cell);
    vectors.lstm_state(gates, units_, cell, units_);
    vectors.activate(output_activation(), cell, raw, units_);
    multiply(raw, gates + 3 * units_, raw);
  }

  void step_back(const BackwardArguments& a, std::int64_t n, std::int64_t i) const {
    float* const gradients = piece<float>(a.scratch, gradients_at_);
    float* const state_gradient = piece<float>(a.scratch, state_gradient_at_);
    std::fill_n(gradients, map_.gate_rows() * row_, 0.0F);
    for_places([&](std::int64_t y, std::int64_t x, std::int64_t place) {
      step_back_at(a, n, i, gradients + (y * map_.pitch() + x) * row_, y, x, place);
    });
    if (operation_.bias && a.parameter_gradients[1] != nullptr)
      for (std::int64_t row = 0; row < map_.gate_rows(); ++row)
        add(a.parameter_gradients[1], gradients + row * row_, a.parameter_gradients[1], row_);
    if (i == 0) return;
    std::fill_n(state_gradient, map_.floats(), 0.0F);
    for (std::int64_t tap = 0; tap < map_.taps(); ++tap) {
      const std::int64_t weights = tap * row_ * units_;
      to_state_.run(gradients, piece<float>(a.scratch, taps_at_) + weights,
                    state_gradient + map_.first_of(tap), nullptr);
      if (a.parameter_gradients[0] != nullptr)
        to_kernel_.run(gradients, state(a.saved, n, i) + map_.first_of(tap),
                       piece<float>(a.scratch, tap_gradients_at_) + weights, nullptr);
    }
  }

  // h = o·f(c)
  void step_back_at(const BackwardArguments& a, std::int64_t n, std::int64_t i, float* gradients,
                    std::int64_t y, std::int64_t x, std::int64_t place) const {
    const auto& vectors = gradient_vectors();
    const std::int64_t saved_at = ((n * steps_ + i) * map_.height * map_.width + place) * row_;
    const float* const gates = piece<float>(a.saved, gates_at_) + saved_at;
    const float* const raw = keeps_raw_ ? piece<float>(a.saved, raw_at_) + saved_at : nullptr;
    const float* const cell = cells(a.saved, n, i + 1) + place * units_;
    float* const cell_gradient = piece<float>(a.scratch, cell_gradient_at_) + place * units_;
    float* const hidden_gradient = piece<float>(a.scratch, spare_at_) + place * 3 * units_;
    float *const result = hidden_gradient + units_, *const through = result + units_;
    std::fill_n(hidden_gradient, units_, 0.0F);
    if (gives(i)) read_row(out_, a.output_gradient, out_row_at(n, i, y, x), units_, hidden_gradient);
    add(hidden_gradient, piece<float>(a.scratch, state_gradient_at_) + map_.at(y, x), hidden_gradient,
        units_);
    kernels::vector_kernels().activate(output_activation(), cell, result, units_);
    multiply(hidden_gradient, result, gradients + 3 * units_);
    multiply(hidden_gradient, gates + 3 * units_, through);
    vectors.activation(output_activation(), cell, result, through, through, units_);
    add(cell_gradient, through, cell_gradient, units_);
    vectors.lstm_state(gates, cells(a.saved, n, i) + place * units_, cell_gradient, gradients, units_);
    activate_back(gate_activation(), raw, gates, gradients, 0, 2);
    activate_back(output_activation(), raw, gates, gradients, 2, 1);
    activate_back(gate_activation(), raw, gates, gradients, 3, 1);
    if (a.input_gradients[0] != nullptr)
      write_row(in_, gradients, row_, a.input_gradients[0], row_at(n, time(i), y, x));
  }

  void activate_back(const Activation& activation, const float* raw, const float* gates, float* gradients,
                     std::int64_t first, std::int64_t count) const {
    const std::int64_t at = first * units_;
    gradient_vectors().activation(activation, raw == nullptr ? nullptr : raw + at, gates + at, gradients + at,
                                  gradients + at, count * units_);
  }

  void multiply(const float* a, const float* b, float* out) const {
    kernels::vector_kernels().binary(Elementwise::Kind::multiply, 1, a, 1, b, 1, out, units_);
  }
  static void add(const float* a, const float* b, float* out, std::int64_t count) {
    kernels::vector_kernels().binary(Elementwise::Kind::add, 1, a, 1, b, 1, out, count);
  }

  ConvLstm operation_;
  Layout in_, out_;
  StateMap map_;
  std::int64_t units_, row_, steps_;  // row: floats of all gates of one place
  bool keeps_raw_;
  Pieces saved_, forward_scratch_, backward_scratch_;
  std::size_t gates_at_ = 0, raw_at_ = 0, cells_at_ = 0, states_at_ = 0;
  std::size_t forward_gates_at_ = 0, forward_taps_at_ = 0;
  std::size_t gradients_at_ = 0, taps_at_ = 0, tap_gradients_at_ = 0;
  std::size_t state_gradient_at_ = 0, cell_gradient_at_ = 0, spare_at_ = 0;
  MatrixProduct to_gates_, to_state_, to_kernel_;
};

}  // namespace

std::unique_ptr<TrainKernel> make_conv_lstm(const TrainKernelRequest& request) {
  return std::make_unique<TrainConvLstm>(request);
}

}  // namespace actionflow::training
