#include <algorithm>

#include "models/kernels/recurrent/train_recurrent.h"
#include "models/kernels/simd/gradient_vectors.h"

namespace actionflow::training {
namespace {

class TrainLstm final : public TrainRecurrent {
 public:
  explicit TrainLstm(const TrainKernelRequest& request)
      : TrainRecurrent(request, 4),
        cell_(add_state()),
        cell_gradient_at_(backward_scratch_.add_floats(clips_ * units_)),
        spare_at_(backward_scratch_.add_floats(2 * clips_ * units_)),
        step_(step_problem(steps_ * units_, row_)),
        step_back_(step_back_problem(steps_ * row_, row_, false)),
        kernel_gradient_(recurrent_kernel_problem(row_, row_)) {}

  std::string implementation() const override { return std::string("own:lstm:") + gradient_vectors().name; }

 private:
  void begin(const ForwardArguments& a) const override {
    clear_first(a.saved, hidden_);
    clear_first(a.saved, cell_);
  }

  void step(const ForwardArguments& a, std::int64_t i, Rows<float> gates) const override {
    if (i > 0) step_.run(state(a.saved, hidden_, i).first, a.parameters[1], gates.first, nullptr);
    const Rows<float> before = state(a.saved, cell_, i), cell = state(a.saved, cell_, i + 1);
    const Rows<float> hidden = state(a.saved, hidden_, i + 1);
    const auto& vectors = kernels::vector_kernels();
    for_each_clip([&](std::int64_t n) {
      activate(operation_.recurrent_activation, a.saved, i, n, 0, 2 * units_);
      activate(operation_.activation, a.saved, i, n, 2 * units_, units_);
      activate(operation_.recurrent_activation, a.saved, i, n, 3 * units_, units_);
      std::copy_n(before[n], units_, cell[n]);
      vectors.lstm_state(gates[n], units_, cell[n], units_);
      vectors.activate({.kind = operation_.activation, .slope = operation_.slope}, cell[n], hidden[n],
                       units_);
      multiply(hidden[n], gates[n] + 3 * units_, hidden[n]);
    });
  }

  void begin_back(const BackwardArguments& a) const override {
    std::fill_n(piece<float>(a.scratch, cell_gradient_at_), clips_ * units_, 0.0F);
  }

  void step_back(const BackwardArguments& a, std::int64_t i, Rows<float> gradients,
                 float* state_gradient) const override {
    for_each_clip([&](std::int64_t n) { cell_back(a, i, n, gradients[n], state_gradient + n * units_); });
    if (i > 0) step_back_.run(gradients.first, a.parameters[1], state_gradient, nullptr);
  }

  // h = o·f(c)
  void cell_back(const BackwardArguments& a, std::int64_t i, std::int64_t n, float* gradients,
                 const float* hidden_gradient) const {
    const auto& vectors = gradient_vectors();
    const float *activated = gates(a.saved, i)[n], *cell = state(a.saved, cell_, i + 1)[n];
    float* cell_gradient = piece<float>(a.scratch, cell_gradient_at_) + n * units_;
    float* result = piece<float>(a.scratch, spare_at_) + 2 * n * units_;
    float* through = result + units_;
    kernels::vector_kernels().activate({.kind = operation_.activation, .slope = operation_.slope}, cell,
                                       result, units_);
    multiply(hidden_gradient, result, gradients + 3 * units_);
    multiply(hidden_gradient, activated + 3 * units_, through);
    vectors.activation({.kind = operation_.activation, .slope = operation_.slope}, cell, result, through,
                       through, units_);
    add(cell_gradient, through, cell_gradient, units_);
    vectors.lstm_state(activated, state(a.saved, cell_, i)[n], cell_gradient, gradients, units_);
    activate_back(operation_.recurrent_activation, a.saved, i, n, 0, 2 * units_, gradients);
    activate_back(operation_.activation, a.saved, i, n, 2 * units_, units_, gradients);
    activate_back(operation_.recurrent_activation, a.saved, i, n, 3 * units_, units_, gradients);
  }

  void recurrent_gradients(const BackwardArguments& a, const float* gate_gradients, float* kernel,
                           float* bias) const override {
    if (kernel != nullptr)
      kernel_gradient_.run(gate_gradients, piece<float>(a.saved, hidden_.before), kernel, nullptr);
    if (bias != nullptr) add_sums(gate_gradients, row_, row_, bias);
  }

  StatePieces cell_;
  std::size_t cell_gradient_at_, spare_at_;
  MatrixProduct step_, step_back_, kernel_gradient_;
};

}  // namespace

std::unique_ptr<TrainKernel> make_lstm(const TrainKernelRequest& request) {
  return std::make_unique<TrainLstm>(request);
}

}  // namespace actionflow::training
