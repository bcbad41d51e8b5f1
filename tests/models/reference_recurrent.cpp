#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "tests/models/reference_value.h"

namespace actionflow::testing::plain {
namespace {

// One clip's recurrent state and the products that a step needs, all in double.
class Cell {
 public:
  Cell(const Recurrent& recurrent, const Node& node, Index batch)
      : recurrent_(recurrent),
        in_(node.input()),
        batch_(batch),
        kernel_(node.parameter("kernel")),
        recurrent_kernel_(node.parameter("recurrent_kernel")),
        bias_(node.find("bias")),
        hidden_(static_cast<std::size_t>(recurrent.units)),
        cell_(hidden_) {}

  void step(Index t) {
    if (recurrent_.cell == Recurrent::Cell::lstm) {
      step_lstm(t);
    } else {
      step_gru(t);
    }
  }
  const std::vector<double>& hidden() const { return hidden_; }

 private:
  // Row `row` of the kernel with step t's input; and of the recurrent kernel with a state.
  double from_input(Index row, Index t) const {
    double sum = 0;
    for (Index i = 0; i < in_.extents.c; ++i) {
      sum += double{kernel_[row * in_.extents.c + i]} * in_(batch_, i, t, 0, 0);
    }
    return sum;
  }
  double from_state(Index row, const std::vector<double>& state) const {
    double sum = 0;
    for (Index i = 0; i < recurrent_.units; ++i) {
      sum += recurrent_kernel_[row * recurrent_.units + i] * state[static_cast<std::size_t>(i)];
    }
    return sum;
  }
  double bias(Index i) const { return bias_ ? (*bias_)[i] : 0; }
  double gate(double x) const { return activate(x, recurrent_.recurrent_activation, recurrent_.slope); }
  double output(double x) const { return activate(x, recurrent_.activation, recurrent_.slope); }

  void step_lstm(Index t) {
    const Index u = recurrent_.units;
    const std::vector<double> before = hidden_;
    for (Index j = 0; j < u; ++j) {
      std::array<double, 4> sum{};  // i, f, c, o
      for (Index g = 0; g < 4; ++g) {
        const Index row = g * u + j;
        sum[static_cast<std::size_t>(g)] = from_input(row, t) + from_state(row, before) + bias(row);
      }
      double& cell = cell_[static_cast<std::size_t>(j)];
      cell = gate(sum[1]) * cell + gate(sum[0]) * output(sum[2]);
      hidden_[static_cast<std::size_t>(j)] = gate(sum[3]) * output(cell);
    }
  }

  // With reset_after the bias' second row belongs to the recurrent product.
  void step_gru(Index t) {
    const Index u = recurrent_.units, rows = 3 * u;
    const bool after = recurrent_.reset_after;
    const auto state_bias = [&](Index row) { return after ? bias(rows + row) : 0; };
    const std::vector<double> before = hidden_;
    std::vector<double> update(hidden_), reset(hidden_), reset_state(hidden_);
    for (Index j = 0; j < u; ++j) {
      const auto k = static_cast<std::size_t>(j);
      update[k] = gate(from_input(j, t) + bias(j) + from_state(j, before) + state_bias(j));
      reset[k] = gate(from_input(u + j, t) + bias(u + j) + from_state(u + j, before) + state_bias(u + j));
      reset_state[k] = reset[k] * before[k];
    }
    for (Index j = 0; j < u; ++j) {
      const auto k = static_cast<std::size_t>(j);
      const Index row = 2 * u + j;
      const double recurrent =
          after ? reset[k] * (from_state(row, before) + state_bias(row)) : from_state(row, reset_state);
      const double candidate = output(from_input(row, t) + bias(row) + recurrent);
      hidden_[k] = update[k] * before[k] + (1 - update[k]) * candidate;
    }
  }

  const Recurrent& recurrent_;
  const Value& in_;
  Index batch_;
  const Tensor& kernel_;
  const Tensor& recurrent_kernel_;
  const Tensor* bias_;
  std::vector<double> hidden_, cell_;
};

}  // namespace

Value run(const Recurrent& recurrent, const Node& node) {
  const Index steps = node.input().extents.t;
  Value out = node.result();
  for (Index b = 0; b < out.n; ++b) {
    Cell cell(recurrent, node, b);
    for (Index i = 0; i < steps; ++i) {
      const Index t = recurrent.backward ? steps - 1 - i : i;
      cell.step(t);
      if (!recurrent.sequence && i + 1 < steps) continue;
      for (Index j = 0; j < recurrent.units; ++j) {
        const double state = cell.hidden()[static_cast<std::size_t>(j)];
        out(b, j, recurrent.sequence ? t : 0, 0, 0) = static_cast<float>(state);
      }
    }
  }
  return out;
}

}  // namespace actionflow::testing::plain
