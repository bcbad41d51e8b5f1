// The LSTM over maps beside plain loops (tests/models/reference.h): running, trained, and carried from call
// to call.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "models/kernels/recurrent/recurrent.h"
#include "tests/models/kernels/train_kernel_bench.h"
#include "tests/models/network/operation_check.h"
#include "tests/models/tensors.h"

namespace actionflow::testing {
namespace {

std::vector<ConvLstm> cases() {
  std::vector<ConvLstm> all;
  for (const std::int64_t units : {1, 5, 16})
    for (const bool backward : {false, true})
      for (const bool sequence : {false, true})
        all.push_back(
            {.units = units, .kernel = {3, 3}, .backward = backward, .sequence = sequence, .bias = sequence});
  all.push_back({.units = 3, .kernel = {1, 1}, .sequence = true});
  all.push_back({.units = 3, .kernel = {2, 5}, .sequence = true});
  all.push_back({.units = 4,
                 .kernel = {3, 3},
                 .activation = ActivationKind::mish,
                 .recurrent_activation = ActivationKind::hard_sigmoid,
                 .sequence = true,
                 .slope = 1.0F / 6});
  return all;
}

std::string said(const ConvLstm& l) {
  return fmt::format("{} units, kernel {}×{}, backward {}, sequence {}, activation {}", l.units, l.kernel[0],
                     l.kernel[1], l.backward, l.sequence, static_cast<int>(l.activation));
}

TEST(ConvLstm, EqualsTheReference) {
  for (const ConvLstm& lstm : cases()) {
    SCOPED_TRACE(said(lstm));
    GraphMaker maker({4 * lstm.units, 4, 5, 6});
    maker.conv_lstm(-1, lstm);
    expect_as_reference(maker, 2);
  }
}

TEST(ConvLstm, Trains) {
  for (const ConvLstm& lstm : cases()) {
    SCOPED_TRACE(said(lstm));
    GraphMaker maker({4 * lstm.units, 3, 4, 3});
    maker.conv_lstm(-1, lstm);
    StandardChecks checks;
    checks.thread_bits = false;  // oneDNN's products depend on the number of threads
    expect_trains(maker, checks);
  }
}

// A clip of 6 samples in calls of 2 gives what it gives at once.
TEST(ConvLstm, GoesOnWhereTheCallBeforeEnded) {
  constexpr std::int64_t kUnits = 3, kHeight = 4, kWidth = 5, kSteps = 6, kAtOnce = 2;
  GraphMaker maker({4 * kUnits, kSteps, kHeight, kWidth});
  maker.conv_lstm(-1, {.units = kUnits, .kernel = {3, 3}, .sequence = true});
  const auto values = [&](const std::string& role) {
    const auto all = maker.weights.tensors.at(maker.graph.nodes[0].name + "." + role).values();
    return std::vector<float>(all.begin(), all.end());
  };
  const auto made = [&](std::int64_t steps, bool carried) {
    const kernels::Layout in{.batch = 1, .extents = {4 * kUnits, steps, kHeight, kWidth}, .padded = 16};
    const kernels::Layout out{.batch = 1, .extents = {kUnits, steps, kHeight, kWidth}, .padded = 16};
    auto operation = std::get<ConvLstm>(maker.graph.nodes[0].operation);
    operation.carried = carried;
    return kernels::make_conv_lstm({operation, in, out, values("recurrent_kernel"), values("bias")});
  };
  constexpr std::int64_t kSample = kHeight * kWidth * 16;
  Tensor clip = random_tensor({kSteps * kSample}, 3), whole({kSteps * kSample}), parts(whole);
  const auto run = [](const kernels::Kernel& kernel, const float* in, float* out, void* state) {
    std::vector<float> scratch(kernel.scratch_bytes() / sizeof(float) + 16);
    kernels::Arguments arguments;
    arguments.inputs = {in};
    arguments.output = out;
    arguments.scratch = scratch.data();
    arguments.state = state;
    kernel.run(arguments);
  };
  run(*made(kSteps, false), clip.data(), whole.data(), nullptr);
  const auto kernel = made(kAtOnce, true);
  std::vector<float> state(kernel->state_bytes() / sizeof(float), 0.0F);
  ASSERT_FALSE(state.empty());
  for (std::int64_t first = 0; first < kSteps; first += kAtOnce)
    run(*kernel, clip.data() + first * kSample, parts.data() + first * kSample, state.data());
  EXPECT_TRUE(same_bits(parts, whole));
}

}  // namespace
}  // namespace actionflow::testing
