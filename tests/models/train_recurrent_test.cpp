// LSTM and GRU in training: forward beside plain loops (tests/models/reference.h), gradients beside
// differences of the forward pass and beside PyTorch's own (tests/golden/make_recurrent_gradients.py).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/models/reference.h"
#include "tests/models/train_kernel_bench.h"

namespace actionflow::testing {
namespace {

using Cell = Recurrent::Cell;

void expect_recurrent_trains(const Extents& in, const Recurrent& r) {
  SCOPED_TRACE(fmt::format("{} activation {} gates {} backward {} sequence {} reset_after {} bias {}",
                           r.cell == Cell::lstm ? "lstm" : "gru", static_cast<int>(r.activation),
                           static_cast<int>(r.recurrent_activation), r.backward, r.sequence, r.reset_after,
                           r.bias));
  GraphMaker maker(in);
  maker.recurrent(-1, r);
  StandardChecks checks;
  checks.thread_bits = false;  // oneDNN's products depend on the number of threads
  expect_trains(maker, checks);
}

TEST(TrainRecurrent, LstmInAllDirectionsAndLengths) {
  for (const bool backward : {false, true})
    for (const bool sequence : {false, true})
      for (const bool bias : {false, true})
        expect_recurrent_trains({9, 4, 1, 1},
                                {.units = 7, .backward = backward, .sequence = sequence, .bias = bias});
}

TEST(TrainRecurrent, GruWithItsResetBeforeAndAfterTheProduct) {
  for (const bool backward : {false, true})
    for (const bool sequence : {false, true})
      for (const bool after : {false, true})
        for (const bool bias : {false, true})
          expect_recurrent_trains({9, 4, 1, 1}, {.cell = Cell::gru,
                                                 .units = 7,
                                                 .backward = backward,
                                                 .reset_after = after,
                                                 .sequence = sequence,
                                                 .bias = bias});
}

TEST(TrainRecurrent, EveryActivation) {
  using enum ActivationKind;
  for (const Cell cell : {Cell::lstm, Cell::gru})
    for (const bool after : {false, true})
      for (const auto activation : {relu, sigmoid, hard_sigmoid, tanh, silu, hard_swish})
        for (const auto gates : {sigmoid, hard_sigmoid, silu}) {
          if (cell == Cell::lstm && after) continue;
          expect_recurrent_trains({5, 3, 1, 1}, {.cell = cell,
                                                 .units = 6,
                                                 .activation = activation,
                                                 .recurrent_activation = gates,
                                                 .reset_after = after,
                                                 .sequence = true});
        }
}

TEST(TrainRecurrent, OneStepAndWholeVectorsOfUnits) {
  for (const Cell cell : {Cell::lstm, Cell::gru})
    for (const bool after : {false, true}) {
      expect_recurrent_trains({16, 1, 1, 1}, {.cell = cell, .units = 16, .reset_after = after});
      expect_recurrent_trains({16, 3, 1, 1}, {.cell = cell, .units = 32, .reset_after = after});
    }
}

TEST(TrainRecurrent, FrozenParametersGetNoGradient) {
  for (const Cell cell : {Cell::lstm, Cell::gru}) {
    GraphMaker maker({6, 3, 1, 1});
    maker.recurrent(-1, {.cell = cell, .units = 5});
    for (const std::vector<std::string>& frozen :
         std::vector<std::vector<std::string>>{{"kernel"}, {"recurrent_kernel"}, {"bias"}}) {
      BenchOptions options;
      options.frozen = frozen;
      TrainKernelBench bench(maker, options);
      EXPECT_EQ(bench.kernel().backward_reads().inputs.at(0), frozen[0] != "kernel");
      EXPECT_LT(bench.check_gradients().worst, 2e-3);
    }
  }
}

}  // namespace
}  // namespace actionflow::testing
