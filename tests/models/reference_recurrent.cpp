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
  double hidden(Index unit, Index, Index) const { return hidden_[static_cast<std::size_t>(unit)]; }

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
  double gate(double x) const {
    return activate(x, {.kind = recurrent_.recurrent_activation, .slope = recurrent_.slope});
  }
  double output(double x) const {
    return activate(x, {.kind = recurrent_.activation, .slope = recurrent_.slope});
  }

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

// One clip's state of an LSTM over maps, by the definition: sums over a place's neighbours.
class MapCell {
 public:
  MapCell(const ConvLstm& lstm, const Node& node, Index batch)
      : lstm_(lstm),
        in_(node.input()),
        batch_(batch),
        kernel_(node.parameter("recurrent_kernel")),
        bias_(node.find("bias")),
        hidden_(static_cast<std::size_t>(lstm.units * in_.extents.h * in_.extents.w)),
        cell_(hidden_) {}

  double hidden(Index unit, Index y, Index x) const { return hidden_[at(unit, y, x)]; }

  void step(Index t) {
    std::vector<double> after(hidden_);
    for (Index unit = 0; unit < lstm_.units; ++unit)
      for (Index y = 0; y < in_.extents.h; ++y)
        for (Index x = 0; x < in_.extents.w; ++x) {
          std::array<double, 4> sum{};  // i, f, c, o
          for (Index g = 0; g < 4; ++g) {
            const Index row = g * lstm_.units + unit;
            sum[static_cast<std::size_t>(g)] =
                in_(batch_, row, t, y, x) + from_state(row, y, x) + (bias_ ? (*bias_)[row] : 0);
          }
          const Activation gate{.kind = lstm_.recurrent_activation, .slope = lstm_.slope};
          const Activation output{.kind = lstm_.activation, .slope = lstm_.slope};
          double& cell = cell_[at(unit, y, x)];
          cell = activate(sum[1], gate) * cell + activate(sum[0], gate) * activate(sum[2], output);
          after[at(unit, y, x)] = activate(sum[3], gate) * activate(cell, output);
        }
    hidden_ = after;
  }

 private:
  std::size_t at(Index unit, Index y, Index x) const {
    return static_cast<std::size_t>((unit * in_.extents.h + y) * in_.extents.w + x);
  }

  double from_state(Index row, Index y, Index x) const {
    const Index height = lstm_.kernel[0], width = lstm_.kernel[1];
    double sum = 0;
    for (Index unit = 0; unit < lstm_.units; ++unit)
      for (Index h = 0; h < height; ++h)
        for (Index w = 0; w < width; ++w) {
          const Index from_y = y + h - (height - 1) / 2, from_x = x + w - (width - 1) / 2;
          if (from_y < 0 || from_x < 0 || from_y >= in_.extents.h || from_x >= in_.extents.w) continue;
          sum +=
              kernel_[((row * lstm_.units + unit) * height + h) * width + w] * hidden(unit, from_y, from_x);
        }
    return sum;
  }

  const ConvLstm& lstm_;
  const Value& in_;
  Index batch_;
  const Tensor& kernel_;
  const Tensor* bias_;
  std::vector<double> hidden_, cell_;
};

template <class State, class Operation>
Value run_steps(const Operation& operation, const Node& node) {
  const Index steps = node.input().extents.t;
  Value out = node.result();
  for (Index b = 0; b < out.n; ++b) {
    State state(operation, node, b);
    for (Index i = 0; i < steps; ++i) {
      const Index t = operation.backward ? steps - 1 - i : i;
      state.step(t);
      if (!operation.sequence && i + 1 < steps) continue;
      for (Index unit = 0; unit < operation.units; ++unit)
        for (Index y = 0; y < out.extents.h; ++y)
          for (Index x = 0; x < out.extents.w; ++x)
            out(b, unit, operation.sequence ? t : 0, y, x) = static_cast<float>(state.hidden(unit, y, x));
    }
  }
  return out;
}

}  // namespace

Value run(const ConvLstm& lstm, const Node& node) { return run_steps<MapCell>(lstm, node); }

Value run(const Recurrent& recurrent, const Node& node) { return run_steps<Cell>(recurrent, node); }

}  // namespace actionflow::testing::plain
