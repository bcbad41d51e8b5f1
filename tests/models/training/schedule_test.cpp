#include "models/training/optimizer/schedule.h"

#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "tests/test_data.h"

namespace actionflow {
namespace {

using ::testing::HasSubstr;

ScheduleOptions options_of(const nlohmann::json& record) {
  config::Diagnostics diagnostics;
  const auto options =
      config::read<ScheduleOptions>(config::parse(record["options"].dump(), "schedule"), diagnostics);
  diagnostics.throw_if_any();
  return options;
}

Schedule schedule_of(const nlohmann::json& record) {
  return {options_of(record), record["peak"], {record["epochs"], record["steps_per_epoch"]}};
}

// torch.optim.lr_scheduler's, by tests/golden/make_training_goldens.py.
TEST(Schedule, EqualsPyTorchs) {
  std::ifstream file(testing::golden("training/schedules.json"));
  for (const nlohmann::json& record : nlohmann::json::parse(file)) {
    SCOPED_TRACE(record["name"]);
    Schedule schedule = schedule_of(record);
    const auto per_epoch = record["steps_per_epoch"].get<std::size_t>();
    for (std::size_t step = 0; step < record["rates"].size(); ++step) {
      const double expected = record["rates"][step];
      EXPECT_NEAR(schedule.rate(static_cast<std::int64_t>(step)), expected, 1e-9 * expected + 1e-15) << step;
      const std::size_t epoch = step / per_epoch;
      if ((step + 1) % per_epoch == 0 && epoch < record["measures"].size())
        schedule.observe(record["measures"][epoch]);
    }
  }
}

ScheduleOptions of_kind(ScheduleKind kind) {
  ScheduleOptions options;
  options.kind = kind;
  return options;
}

TEST(Schedule, WarmsUpToItsPeakInStepsOrEpochs) {
  ScheduleOptions steps = of_kind(ScheduleKind::constant), epochs = steps;
  steps.warmup_steps = 10;
  epochs.warmup_epochs = 2.5;
  const Schedule by_steps(steps, 2, {10, 4}), by_epochs(epochs, 2, {10, 4});
  EXPECT_DOUBLE_EQ(by_steps.rate(0), 0.2);
  EXPECT_DOUBLE_EQ(by_steps.rate(4), 1.0);
  EXPECT_DOUBLE_EQ(by_steps.rate(9), 2.0);
  EXPECT_DOUBLE_EQ(by_steps.rate(39), 2.0);
  for (int step = 0; step < 40; ++step) EXPECT_EQ(by_steps.rate(step), by_epochs.rate(step));
}

TEST(Schedule, CosineCountsFromTheEndOfWarmUpToTheEndOfTheRun) {
  ScheduleOptions options = of_kind(ScheduleKind::cosine);
  options.warmup_epochs = 1;
  options.final_share = 0.1;
  const Schedule schedule(options, 1, {11, 10});
  EXPECT_DOUBLE_EQ(schedule.rate(9), 1);
  EXPECT_DOUBLE_EQ(schedule.rate(10), 1);
  EXPECT_DOUBLE_EQ(schedule.rate(60), 0.55);
  EXPECT_DOUBLE_EQ(schedule.rate(110), 0.1);
  EXPECT_DOUBLE_EQ(schedule.rate(1000), 0.1);
}

TEST(Schedule, FallsAtMilestonesInFractionsOfEpochs) {
  ScheduleOptions options = of_kind(ScheduleKind::step);
  options.milestones = {1, 1.5};
  const Schedule schedule(options, 1, {3, 4});
  EXPECT_DOUBLE_EQ(schedule.rate(3), 1);
  EXPECT_DOUBLE_EQ(schedule.rate(4), 0.1);
  EXPECT_DOUBLE_EQ(schedule.rate(6), 0.01);
}

TEST(Schedule, OnAPlateauGoesOnFromItsStateAsIfItHadNotStopped) {
  ScheduleOptions options = of_kind(ScheduleKind::plateau);
  options.patience = 1;
  options.gamma = 0.3;
  const std::vector<double> measures{0.1, 0.3, 0.29, 0.3, 0.31, 0.2, NAN, 0.1, 0.1, 0.1};
  Schedule whole(options, 0.7, {20, 2});
  for (std::size_t epoch = 0; epoch < measures.size(); ++epoch) {
    Schedule again(options, 0.7, {20, 2});
    again.load(whole.state());
    EXPECT_EQ(again.state(), whole.state());
    whole.observe(measures[epoch]);
    again.observe(measures[epoch]);
    EXPECT_EQ(again.rate(3), whole.rate(3)) << epoch;
  }
  EXPECT_DOUBLE_EQ(whole.rate(0), 0.7 * 0.3 * 0.3 * 0.3);
}

TEST(Schedule, RefusesAStateThatIsNone) {
  Schedule schedule({}, 1, {});
  for (const char* text : {"", "1", "1 2", "1 2 x", "1 2 3 4", "nonsense"})
    EXPECT_THROW(schedule.load(text), ModelError) << text;
}

std::string complaint(const std::string& yaml) {
  config::Diagnostics diagnostics;
  config::read<ScheduleOptions>(config::parse(yaml, "recipe.yaml"), diagnostics);
  return diagnostics.render();
}

TEST(ScheduleOptions, SayWhatDoesNotGoTogether) {
  EXPECT_THAT(complaint("{warmup_epochs: 1, warmup_steps: 2}"), HasSubstr("expected one of them"));
  EXPECT_THAT(complaint("{kind: one_cycle, warmup_steps: 2}"), HasSubstr("rises by itself"));
  EXPECT_THAT(complaint("{kind: step}"), HasSubstr("without milestones"));
  EXPECT_THAT(complaint("{kind: step, milestones: [3, 2]}"), HasSubstr("do not ascend"));
  EXPECT_THAT(complaint("{kind: cosin}"), HasSubstr("did you mean 'cosine'?"));
  EXPECT_EQ(complaint("{kind: step, milestones: [2, 3.5], warmup_epochs: 1}"), "");
}

}  // namespace
}  // namespace actionflow
