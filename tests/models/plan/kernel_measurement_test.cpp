// Kernels chosen by measuring: that the choice is within bounds and kept, and what a network computes with
// any.
#include "models/plan/kernel_measurement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "base/error.h"
#include "base/machine/processor.h"
#include "models/kernels/convolution/convolution.h"
#include "models/network/machine_kernels.h"
#include "models/network/network.h"
#include "tests/models/graph/network_graphs.h"
#include "tests/models/kernels/convolution_case.h"
#include "tests/models/reference.h"
#include "tests/models/tensors.h"
#include "tests/tools/temporary_folder.h"

namespace actionflow::testing {
namespace {

using kernels::KernelChoice;
using kernels::KernelChoices;
using kernels::KernelChooser;
using ::testing::HasSubstr;

// Two convolutions and a sum of a third and the first, unpadded in time.
GraphMaker unpadded_network(std::int64_t frames) {
  GraphMaker make({32, frames, 10, 10});
  const Convolution wide{.filters = 32, .kernel = {3, 3, 3}, .pad_begin = {0, 1, 1}, .pad_end = {0, 1, 1}};
  const Convolution flat{.filters = 32, .kernel = {1, 3, 3}, .pad_begin = {0, 1, 1}, .pad_end = {0, 1, 1}};
  const int first = make.activation(make.convolution(-1, wide), ActivationKind::relu);
  const int second = make.activation(make.convolution(first, flat), ActivationKind::relu);
  make.add(Elementwise{.kind = Elementwise::Kind::add}, {make.convolution(second, flat), first},
           make.graph.extents(first));
  return make;
}

std::shared_ptr<const Network> compiled(const GraphMaker& make, const KernelChooser* chooser) {
  NetworkOptions options;
  options.kernels = std::shared_ptr<const KernelChooser>(std::shared_ptr<void>(), chooser);
  return Network::compile(make.architecture(), make.weights, options);
}

Tensor result_of(const Network& network) {
  const Extents& in = network.architecture().graph.input;
  Workspace workspace(network);
  return network.predict(random_tensor({1, in.c, in.t, in.h, in.w}, 5), workspace);
}

KernelChoices measured(const GraphMaker& make) {
  KernelChoices choices;
  const KernelMeasurement measurement(1, choices);
  compiled(make, &measurement);
  return choices;
}

KernelChoices all_take(KernelChoices choices, const std::string& name) {
  for (auto& [key, choice] : choices.choices) choice.taken = name;
  return choices;
}

TEST(KernelMeasurement, OfEveryConvolutionAllThatTakeItAreRunAndOneWithinBoundsIsTaken) {
  const KernelChoices choices = measured(unpadded_network(6));
  ASSERT_EQ(choices.choices.size(), 2U);
  for (const auto& [key, choice] : choices.choices) {
    EXPECT_GE(choice.measured.size(), 2U) << key;
    for (const auto& one : choice.measured) {
      EXPECT_GT(one.milliseconds, 0) << key << ", " << one.name;
      EXPECT_LT(one.error, kMostErrorF32) << key << ", " << one.name;
      EXPECT_GT(one.error, 0) << key << ", " << one.name;
    }
    EXPECT_THAT(choice.measured,
                ::testing::Contains(::testing::Field(&kernels::MeasuredCandidate::name, choice.taken)));
  }
}

TEST(KernelMeasurement, AChoiceBelongsToAPieceAsToTheWhole) {
  const KernelChoices whole = measured(unpadded_network(9)), piece = measured(unpadded_network(5));
  std::vector<std::string> keys;
  for (const auto& [key, choice] : whole.choices) keys.push_back(key);
  for (const std::string& key : keys) EXPECT_NE(piece.find(key), nullptr) << key;
  EXPECT_EQ(piece.choices.size(), keys.size());
}

TEST(KernelMeasurement, WhereNoneIsWithinBoundsTheFirstIsTaken) {
  kernels::ConvolutionProblem p = problem({.in = {32, 4, 12, 12}, .filters = 32});
  for (float& weight : p.kernel) weight = std::numeric_limits<float>::quiet_NaN();
  KernelChoices choices;
  const KernelMeasurement measurement(1, choices);
  const KernelChoice* choice = measurement.choose(p);
  ASSERT_NE(choice, nullptr);
  EXPECT_EQ(choice->taken, choice->measured.front().name);
}

TEST(KernelMeasurement, IntegersKeepTheirFixedOrder) {
  kernels::ConvolutionProblem p = problem({.in = {32, 4, 12, 12}, .filters = 32});
  p.in.type = kernels::ElementType::u8;
  KernelChoices choices;
  EXPECT_EQ(KernelMeasurement(1, choices).choose(p), nullptr);
}

TEST(KernelChoices, WhatIsChosenRunsAndComputesTheSame) {
  const GraphMaker make = unpadded_network(6);
  const Tensor fixed = result_of(*compiled(make, nullptr));
  const KernelChoices direct = all_take(measured(make), "direct");
  const auto network = compiled(make, &direct);
  int convolutions = 0;
  for (const PlanStep& step : network->measure_plan(1))
    if (step.kind == "convolution") {
      EXPECT_EQ(step.implementation, "own:grouped") << step.name;
      ++convolutions;
    }
  EXPECT_EQ(convolutions, 3);
  EXPECT_LT(deviation(result_of(*network), fixed).largest, 1e-5);
}

TEST(KernelChoices, OneThatDoesNotTakeTheProblemLeavesTheFixedOrder) {
  const GraphMaker make = unpadded_network(6);
  const KernelChoices choices = all_take(measured(make), "depthwise");
  EXPECT_TRUE(same_bits(result_of(*compiled(make, &choices)), result_of(*compiled(make, nullptr))));
}

TEST(KernelChoices, WhatRoundsByPlaceIsNotTakenWhereAClipMayComeInPieces) {
  for (const int pad : {0, 1}) {
    const kernels::ConvolutionProblem p =
        problem({.in = {32, 6, 12, 12}, .filters = 32, .pad_begin = {pad, 1, 1}, .pad_end = {pad, 1, 1}});
    KernelChoices choices;
    choices.choices[kernels::choice_key(p.operation, p.in, p.out)].taken = "winograd";
    const std::string chosen = kernels::make_convolution(p, &choices)->implementation();
    const std::string fixed = kernels::make_convolution(p)->implementation();
    EXPECT_EQ(chosen, fixed);
    if (has_avx2() && pad == 1) {
      EXPECT_THAT(chosen, HasSubstr("winograd"));
    }
  }
}

TEST(KernelChoices, AFileGivesThemBackAndTheDigestIsOfWhatIsTaken) {
  const TemporaryFolder folder;
  KernelChoices choices = measured(unpadded_network(6));
  choices.measured_on = "a machine";
  const std::filesystem::path file = folder / "own/kernels.json";
  choices.write(file);
  KernelChoices again = KernelChoices::read(file);
  EXPECT_EQ(again.measured_on, "a machine");
  EXPECT_EQ(again.digest(), choices.digest());
  ASSERT_EQ(again.choices.size(), choices.choices.size());
  for (const auto& [key, choice] : choices.choices) {
    EXPECT_EQ(again.choices[key].taken, choice.taken);
    EXPECT_EQ(again.choices[key].measured.size(), choice.measured.size());
  }
  again.choices.begin()->second.measured.clear();
  EXPECT_EQ(again.digest(), choices.digest());
  again.choices.begin()->second.taken = "direct";
  EXPECT_NE(again.digest(), choices.digest());
}

TEST(KernelChoices, AFileThatIsNoneSaysWhatAndWhere) {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& text) -> std::string {
    const std::filesystem::path file = folder / "kernels.json";
    std::ofstream(file) << text;
    try {
      KernelChoices::read(file);
    } catch (const ModelError& wrong) {
      return wrong.what();
    }
    return "accepted";
  };
  EXPECT_THAT(error(""), HasSubstr("kernels.json is no file of kernels"));
  EXPECT_THAT(error("[1]"), HasSubstr("is no file of kernels"));
  EXPECT_THAT(error(R"({"actionflow_kernels": 9})"), HasSubstr("another version, expected 1; remove it"));
  EXPECT_THAT(error(R"({"actionflow_kernels": 1})"), HasSubstr("no map of choices"));
  const auto with = [&](const std::string& choice) {
    return error(R"({"actionflow_kernels": 1, "choices": {"a key": )" + choice + "}}");
  };
  EXPECT_THAT(with("3"), HasSubstr("at 'a key': expected what is taken"));
  EXPECT_THAT(with(R"({"taken": "magic"})"), HasSubstr("no kernel 'magic', expected one of depthwise, "));
  EXPECT_THAT(with(R"({"taken": "direct", "measured": {"onednn": 4}})"), HasSubstr("error of 'onednn'"));
  EXPECT_EQ(with(R"({"taken": "direct"})"), "accepted");
  EXPECT_THROW(KernelChoices::read(folder / "nowhere.json"), ModelError);
  EXPECT_THROW(KernelChoices::read(folder.path()), ModelError);
  EXPECT_THROW(KernelChoices::read("/dev/zero"), ModelError);
}

TEST(KernelSetting, AutoFixedOrAFile) {
  EXPECT_EQ(KernelSetting::from_text("auto").kind, KernelSetting::Kind::automatic);
  EXPECT_EQ(kernels_of(KernelSetting::from_text("fixed")), nullptr);
  EXPECT_EQ(KernelSetting::from_text("other.json").file, "other.json");
  EXPECT_THROW(kernels_of(KernelSetting::from_text("/nowhere/kernels.json")), ModelError);
  EXPECT_EQ(kernels_text(nullptr), "fixed");
}

}  // namespace
}  // namespace actionflow::testing
