// LSTM and GRU: the input's products for all steps at once, then one product and one elementwise loop a
// step. The state lies in vectors padded to 16, gate after gate.
#include "models/kernels/recurrent/recurrent.h"

#include <algorithm>
#include <cstring>

#include "models/kernels/dense/dense.h"
#include "models/kernels/simd/vector.h"

namespace actionflow::kernels {
namespace {

std::size_t floats(std::int64_t count) { return static_cast<std::size_t>(count); }

// Rows of `gates` gates of `units` each, every gate moved to a multiple of 16.
std::vector<float> pad_gates(const float* rows, std::int64_t gates, std::int64_t units, std::int64_t depth) {
  const std::int64_t padded = padded_channels(units);
  std::vector<float> result(floats(gates * padded * depth), 0.0F);
  for (std::int64_t g = 0; g < gates; ++g)
    std::copy_n(rows + g * units * depth, units * depth, &result[floats(g * padded * depth)]);
  return result;
}

class RecurrentKernel : public Kernel {
 public:
  RecurrentKernel(const RecurrentProblem& p, std::int64_t gates, const std::vector<float>& input_bias)
      : operation_(p.operation),
        in_(p.in),
        out_(p.out),
        units_(p.operation.units),
        padded_(padded_channels(units_)),
        gates_(gates),
        input_(pad_gates(p.kernel.data(), gates, units_, p.in.extents.c), input_bias, gates * padded_,
               p.in.extents.c) {}

  std::size_t scratch_bytes() const override {
    const std::int64_t steps = in_.batch * in_.extents.t;
    return floats(steps * gates_ * padded_ + in_.batch * (gates_ + 3) * padded_) * sizeof(float);
  }

  std::size_t state_bytes() const override {
    return operation_.carried ? floats(2 * in_.batch * padded_) * sizeof(float) : 0;
  }

  void run(const Arguments& arguments) const override {
    const std::int64_t steps = in_.extents.t, batch = in_.batch;
    float* projected = static_cast<float*>(arguments.scratch);
    State state;
    state.gates = projected + batch * steps * gates_ * padded_;
    state.spare = state.gates + batch * gates_ * padded_;
    state.hidden = state.spare + batch * padded_;
    std::fill(state.spare, state.hidden + 2 * batch * padded_, 0.0F);
    if (arguments.state != nullptr) state.hidden = static_cast<float*>(arguments.state);
    state.cell = state.hidden + batch * padded_;
    input_.run(static_cast<const float*>(arguments.inputs[0]), in_.padded, batch * steps, projected,
               gates_ * padded_);
    float* out = static_cast<float*>(arguments.output);
    for (std::int64_t i = 0; i < steps; ++i) {
      const std::int64_t t = operation_.backward ? steps - 1 - i : i;
      recur(state);
      for (std::int64_t n = 0; n < batch; ++n) cell(projected + (n * steps + t) * gates_ * padded_, state, n);
      if (operation_.sequence) write(state, out + t * out_.padded, steps * out_.padded);
    }
    if (!operation_.sequence) write(state, out, out_.padded);
  }

 protected:
  // Batch × padded each; gates: batch × gates × padded.
  struct State {
    float *gates, *hidden, *cell, *spare;
  };

  virtual void recur(const State& state) const = 0;
  // One clip's step; `x`: its gates from the input.
  virtual void cell(float* x, const State& state, std::int64_t n) const = 0;

  void activate(ActivationKind kind, const float* in, float* out, std::int64_t count) const {
    vector_kernels().activate({.kind = kind, .slope = operation_.slope}, in, out, count);
  }
  void add(const float* a, const float* b, float* out, std::int64_t count) const {
    vector_kernels().binary(Elementwise::Kind::add, 1, a, 1, b, 1, out, count);
  }
  void multiply(const float* a, const float* b, float* out, std::int64_t count) const {
    vector_kernels().binary(Elementwise::Kind::multiply, 1, a, 1, b, 1, out, count);
  }

  void write(const State& state, float* out, std::int64_t stride) const {
    for (std::int64_t n = 0; n < in_.batch; ++n) {
      float* row = out + n * stride;
      std::copy_n(state.hidden + n * padded_, units_, row);
      std::fill(row + units_, row + out_.padded, 0.0F);
    }
  }

  Recurrent operation_;
  Layout in_, out_;
  std::int64_t units_, padded_, gates_;
  Product input_;
};

class Lstm final : public RecurrentKernel {
 public:
  explicit Lstm(const RecurrentProblem& p)
      : RecurrentKernel(
            p, 4, p.bias.empty() ? std::vector<float>{} : pad_gates(p.bias.data(), 4, p.operation.units, 1)),
        recurrent_(pad_gates(p.recurrent_kernel.data(), 4, units_, units_), {}, 4 * padded_, units_) {}

  std::string implementation() const override { return std::string("own:lstm:") + vector_kernels().name; }
  std::size_t weight_bytes() const override { return input_.bytes() + recurrent_.bytes(); }

 private:
  void recur(const State& s) const override {
    recurrent_.run(s.hidden, padded_, in_.batch, s.gates, 4 * padded_);
  }

  void cell(float* x, const State& s, std::int64_t n) const override {
    const ActivationKind gate = operation_.recurrent_activation;
    float *gates = s.gates + n * 4 * padded_, *state = s.cell + n * padded_, *hidden = s.hidden + n * padded_;
    add(gates, x, gates, 4 * padded_);
    activate(gate, gates, gates, 2 * padded_);
    activate(operation_.activation, gates + 2 * padded_, gates + 2 * padded_, padded_);
    activate(gate, gates + 3 * padded_, gates + 3 * padded_, padded_);
    vector_kernels().lstm_state(gates, padded_, state, padded_);
    activate(operation_.activation, state, hidden, padded_);
    multiply(hidden, gates + 3 * padded_, hidden, padded_);
  }

  Product recurrent_;
};

// With reset_after the second bias joins the recurrent product and the reset gate multiplies what comes
// out of it; else the gate multiplies the state that goes in, so the candidate has a product of its own.
class Gru final : public RecurrentKernel {
 public:
  explicit Gru(const RecurrentProblem& p)
      : RecurrentKernel(
            p, 3, p.bias.empty() ? std::vector<float>{} : pad_gates(p.bias.data(), 3, p.operation.units, 1)),
        early_(early_gates(p)),
        recurrent_(pad_gates(p.recurrent_kernel.data(), early_, units_, units_), recurrent_bias(p),
                   early_ * padded_, units_),
        candidate_(pad_gates(p.recurrent_kernel.data() + 2 * units_ * units_, 1, units_, units_), {}, units_,
                   units_) {}

  std::string implementation() const override { return std::string("own:gru:") + vector_kernels().name; }
  std::size_t weight_bytes() const override {
    return input_.bytes() + recurrent_.bytes() + (early_ == 2 ? candidate_.bytes() : 0);
  }

 private:
  static std::int64_t early_gates(const RecurrentProblem& p) { return p.operation.reset_after ? 3 : 2; }
  static std::vector<float> recurrent_bias(const RecurrentProblem& p) {
    if (!p.operation.reset_after || p.bias.empty()) return {};
    return pad_gates(p.bias.data() + 3 * p.operation.units, 3, p.operation.units, 1);
  }

  void recur(const State& s) const override {
    recurrent_.run(s.hidden, padded_, in_.batch, s.gates, 3 * padded_);
  }

  void cell(float* x, const State& s, std::int64_t n) const override {
    float *gates = s.gates + n * 3 * padded_, *hidden = s.hidden + n * padded_;
    float *reset = gates + padded_, *candidate = gates + 2 * padded_;
    add(gates, x, gates, 2 * padded_);
    activate(operation_.recurrent_activation, gates, gates, 2 * padded_);
    if (operation_.reset_after) {
      multiply(reset, candidate, candidate, padded_);
    } else {
      float* product = s.spare + n * padded_;
      multiply(reset, hidden, product, padded_);
      candidate_.run(product, padded_, 1, candidate, padded_);
    }
    add(candidate, x + 2 * padded_, candidate, padded_);
    activate(operation_.activation, candidate, candidate, padded_);
    vector_kernels().gru_state(gates, candidate, hidden, padded_);
  }

  std::int64_t early_;  // gates whose recurrent product is taken before the reset gate is known
  Product recurrent_, candidate_;
};

}  // namespace

std::unique_ptr<Kernel> make_recurrent(const RecurrentProblem& problem) {
  if (problem.operation.cell == Recurrent::Cell::lstm) return std::make_unique<Lstm>(problem);
  return std::make_unique<Gru>(problem);
}

}  // namespace actionflow::kernels
