// LSTM and GRU in training: forward beside plain loops (tests/models/reference.h), gradients beside
// differences of the forward pass and beside PyTorch's own (tests/golden/make_recurrent_gradients.py).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/models/kernels/train_kernel_bench.h"
#include "tests/models/kernels/training_formulas.h"
#include "tests/models/reference.h"
#include "tests/test_data.h"

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
      for (const auto activation : {relu, elu, sigmoid, hard_sigmoid, tanh, silu, hard_swish, mish})
        for (const auto gates : {sigmoid, hard_sigmoid, silu}) {
          if (cell == Cell::lstm && after) continue;
          expect_recurrent_trains({5, 3, 1, 1}, {.cell = cell,
                                                 .units = 6,
                                                 .activation = activation,
                                                 .recurrent_activation = gates,
                                                 .reset_after = after,
                                                 .sequence = true,
                                                 .slope = 1.0F / 6});
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

using Record = nlohmann::json;

Tensor given(const Record& record, const char* name, const Shape& shape) {
  return {shape, record.at(name).get<std::vector<float>>()};
}

// tests/golden/make_recurrent_gradients.py's streams.
void set_inputs(TrainKernelBench& bench, bool bias) {
  const auto set = [](Tensor& tensor, std::uint64_t stream) {
    tensor = noise_of_shape(tensor.shape(), stream);
  };
  set(bench.input(), 1);
  set(bench.parameter("kernel"), 2);
  set(bench.parameter("recurrent_kernel"), 3);
  if (bias) set(bench.parameter("bias"), 4);
}

#ifdef __x86_64__
constexpr double kRounding = 2e-6;
#else
constexpr double kRounding = 4e-6;  // both sides' sums are in their own processor's order
#endif

void expect_as_pytorch(const Record& record) {
  const bool hard = record.at("hard_sigmoid");
  const Recurrent r{.cell = record.at("cell") == "lstm" ? Cell::lstm : Cell::gru,
                    .units = record.at("units"),
                    .recurrent_activation = hard ? ActivationKind::hard_sigmoid : ActivationKind::sigmoid,
                    .backward = record.at("backward"),
                    .reset_after = record.at("reset_after"),
                    .sequence = record.at("sequence")};
  GraphMaker maker({record.at("channels"), record.at("steps"), 1, 1});
  maker.recurrent(-1, r);
  BenchOptions options;
  options.batch = record.at("clips");
  TrainKernelBench bench(maker, options);
  set_inputs(bench, r.bias);
  const Tensor value = bench.forward();
  EXPECT_LT(deviation(value, given(record, "value", value.shape())).largest, 1e-6);
  const Gradients gradients = bench.backward(noise_of_shape(value.shape(), 5));
  const Tensor& input = gradients.inputs.at(0);
  EXPECT_LT(deviation(input, given(record, "input", input.shape())).largest, kRounding);
  for (const auto& [role, gradient] : gradients.parameters) {
    EXPECT_LT(deviation(gradient, given(record, role.c_str(), gradient.shape())).largest, kRounding) << role;
  }
}

TEST(TrainRecurrent, ValuesAndGradientsArePyTorchs) {
  std::ifstream file(golden("training/recurrent.json"));
  const Record records = Record::parse(file);
  ASSERT_EQ(records.size(), 16U);
  for (const Record& record : records) {
    SCOPED_TRACE(fmt::format("{} hard_sigmoid {} backward {} sequence {}",
                             record.at("cell").get<std::string>(), record.at("hard_sigmoid").get<bool>(),
                             record.at("backward").get<bool>(), record.at("sequence").get<bool>()));
    expect_as_pytorch(record);
  }
}

}  // namespace
}  // namespace actionflow::testing
