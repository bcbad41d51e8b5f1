// With reset_after the recurrent product of the candidate, q, is taken of the state and the reset gate
// multiplies it; else the gate multiplies the state, s = r·h, and the product is taken of that.
#include <algorithm>

#include "models/kernels/recurrent/train_recurrent.h"
#include "models/kernels/simd/gradient_vectors.h"

namespace actionflow::training {
namespace {

class TrainGru final : public TrainRecurrent {
 public:
  explicit TrainGru(const TrainKernelRequest& request)
      : TrainRecurrent(request, 3),
        after_(operation_.reset_after),
        between_at_(saved_.add_floats(clips_ * steps_ * units_)),
        bias_at_(forward_scratch_.add_floats(row_)),
        between_gradient_at_(backward_scratch_.add_floats(clips_ * steps_ * units_)),
        gates_step_(step_problem(steps_ * units_, 2 * units_)),
        candidate_step_(candidate_step_problem()),
        gates_back_(step_back_problem(steps_ * row_, 2 * units_, true)),
        candidate_back_(step_back_problem(after_ ? steps_ * units_ : steps_ * row_, units_, after_)),
        gates_gradient_(recurrent_kernel_problem(row_, 2 * units_)),
        candidate_gradient_(recurrent_kernel_problem(after_ ? units_ : row_, units_)) {}

  std::string implementation() const override { return std::string("own:gru:") + gradient_vectors().name; }

 private:
  MatrixProblem candidate_step_problem() const {
    MatrixProblem problem = step_problem(steps_ * units_, units_);
    if (after_) {
      problem.c_stride = steps_ * units_;
      problem.add = false;
      problem.bias = operation_.bias;
    }
    return problem;
  }

  // The two biases of the update and reset gates add; the candidate's second joins its recurrent product.
  const float* input_bias(const ForwardArguments& a) const override {
    if (!operation_.bias || !after_) return TrainRecurrent::input_bias(a);
    float* bias = piece<float>(a.scratch, bias_at_);
    std::copy_n(a.parameters[2], row_, bias);
    add(bias, a.parameters[2] + row_, bias, 2 * units_);
    return bias;
  }

  void begin(const ForwardArguments& a) const override { clear_first(a.saved, hidden_); }

  const float* candidate_rows(const std::vector<float*>& parameters) const {
    return parameters[1] + 2 * units_ * units_;
  }
  const float* candidate_rows(const std::vector<const float*>& parameters) const {
    return parameters[1] + 2 * units_ * units_;
  }

  // q or s of step i.
  template <class Block>
  auto between(Block* saved, std::int64_t i) const {
    return at_step(piece<float>(saved, between_at_), units_, i);
  }

  void step(const ForwardArguments& a, std::int64_t i, Rows<float> gates) const override {
    const Rows<float> before = state(a.saved, hidden_, i), hidden = state(a.saved, hidden_, i + 1);
    const Rows<float> q = between(a.saved, i);
    if (i > 0) gates_step_.run(before.first, a.parameters[1], gates.first, nullptr);
    if (after_) {
      const float* bias = operation_.bias ? a.parameters[2] + row_ + 2 * units_ : nullptr;
      candidate_step_.run(before.first, candidate_rows(a.parameters), q.first, nullptr, bias);
    }
    for_each_clip([&](std::int64_t n) {
      activate(operation_.recurrent_activation, a.saved, i, n, 0, 2 * units_);
      const float* reset = gates[n] + units_;
      if (!after_) return multiply(reset, before[n], q[n]);
      float* candidate = gates[n] + 2 * units_;
      gradient_vectors().add_product(reset, q[n], candidate, units_);
    });
    if (!after_ && i > 0)
      candidate_step_.run(q.first, candidate_rows(a.parameters), gates.first + 2 * units_, nullptr);
    for_each_clip([&](std::int64_t n) {
      activate(operation_.activation, a.saved, i, n, 2 * units_, units_);
      std::copy_n(before[n], units_, hidden[n]);
      kernels::vector_kernels().gru_state(gates[n], gates[n] + 2 * units_, hidden[n], units_);
    });
  }

  void step_back(const BackwardArguments& a, std::int64_t i, Rows<float> gradients,
                 float* state_gradient) const override {
    const Rows<const float> before = state(a.saved, hidden_, i), q = between(a.saved, i);
    const Rows<float> q_gradient = at_step(piece<float>(a.scratch, between_gradient_at_), units_, i);
    for_each_clip([&](std::int64_t n) {
      const float* activated = gates(a.saved, i)[n];
      gradient_vectors().gru_state(activated, activated + 2 * units_, before[n], state_gradient + n * units_,
                                   gradients[n], gradients[n] + 2 * units_, units_);
      activate_back(operation_.activation, a.saved, i, n, 2 * units_, units_, gradients[n]);
    });
    if (!after_)
      candidate_back_.run(gradients.first + 2 * units_, candidate_rows(a.parameters),
                          piece<float>(a.scratch, between_gradient_at_), nullptr);
    for_each_clip([&](std::int64_t n) {
      const float* reset = gates(a.saved, i)[n] + units_;
      float *row = gradients[n], *candidate = row + 2 * units_;
      if (after_) {
        multiply(candidate, q[n], row + units_);
        multiply(candidate, reset, q_gradient[n]);
      } else {
        const float* s_gradient = piece<float>(a.scratch, between_gradient_at_) + n * units_;
        multiply(s_gradient, before[n], row + units_);
        gradient_vectors().add_product(reset, s_gradient, state_gradient + n * units_, units_);
      }
      activate_back(operation_.recurrent_activation, a.saved, i, n, 0, 2 * units_, row);
    });
    if (i == 0) return;
    gates_back_.run(gradients.first, a.parameters[1], state_gradient, nullptr);
    if (after_) candidate_back_.run(q_gradient.first, candidate_rows(a.parameters), state_gradient, nullptr);
  }

  void recurrent_gradients(const BackwardArguments& a, const float* gate_gradients, float* kernel,
                           float* bias) const override {
    const float* before = piece<float>(a.saved, hidden_.before);
    const float* products = piece<float>(a.saved, between_at_);
    const float* between_gradients = piece<float>(a.scratch, between_gradient_at_);
    if (kernel != nullptr) {
      float* candidate = kernel + 2 * units_ * units_;
      gates_gradient_.run(gate_gradients, before, kernel, nullptr);
      if (after_)
        candidate_gradient_.run(between_gradients, before, candidate, nullptr);
      else
        candidate_gradient_.run(gate_gradients + 2 * units_, products, candidate, nullptr);
    }
    if (bias == nullptr) return;
    add_sums(gate_gradients, row_, row_, bias);
    if (!after_) return;
    add_sums(gate_gradients, row_, 2 * units_, bias + row_);
    add_sums(between_gradients, units_, units_, bias + row_ + 2 * units_);
  }

  bool after_;
  std::size_t between_at_, bias_at_, between_gradient_at_;
  MatrixProduct gates_step_, candidate_step_, gates_back_, candidate_back_;
  MatrixProduct gates_gradient_, candidate_gradient_;
};

}  // namespace

std::unique_ptr<TrainKernel> make_gru(const TrainKernelRequest& request) {
  return std::make_unique<TrainGru>(request);
}

}  // namespace actionflow::training
