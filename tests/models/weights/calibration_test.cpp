// Calibration as text: what is written reads back, and what is wrong is named.
#include "models/weights/calibration.h"

#include <gmock/gmock.h>

#include <numeric>

#include "base/error.h"

namespace actionflow::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::vector<std::string> kClasses{"wave", "stop", "ich \"grüße\""};

std::string fault(const std::string& json) {
  try {
    parse_calibration(json, kClasses, "a.safetensors");
  } catch (const ModelError& error) {
    return error.what();
  }
  return "nothing thrown";
}

TEST(Calibration, ReadsBackToTheLastBit) {
  Calibration whole{"val, 48 videos", 1.0 / 3, 0.1 + 0.2, EventCalibration{}};
  whole.events->thresholds = {0.7, 0.1};
  whole.events->classes = {{"wave", {0.9, 1.0 / 7}}, {kClasses[2], {1, 0}}};
  whole.events->smooth = 0.15;
  whole.events->shortest = 1e-3;
  whole.events->merge = 12.5;
  whole.events->trail = 0.3;
  EXPECT_EQ(parse_calibration(print_calibration(whole), kClasses, "a"), whole);
  const Calibration bare{};
  EXPECT_EQ(parse_calibration(print_calibration(bare), kClasses, "a"), bare);
}

TEST(Calibration, PassesOverWhatANewerProgramMayWrite) {
  const Calibration read = parse_calibration(R"({"temperature":2,"later":[1]})", kClasses, "a");
  EXPECT_EQ(read.temperature, 2.0);
  EXPECT_FALSE(read.events.has_value());
}

TEST(Calibration, WhatIsWrongIsNamed) {
  EXPECT_THAT(fault("no JSON"), AllOf(HasSubstr("a.safetensors"), HasSubstr("is no JSON object")));
  EXPECT_THAT(fault("[1]"), HasSubstr("is no JSON object"));
  EXPECT_THAT(fault(R"({"temperature":0})"), HasSubstr("temperature of 0"));
  EXPECT_THAT(fault(R"({"temperature":"hot"})"), HasSubstr("no 'temperature' from 0 to 1000"));
  EXPECT_THAT(fault(R"({"temperature":1e999})"), HasSubstr("is no JSON object"));
  EXPECT_THAT(fault(R"({"none_below":1.5})"), HasSubstr("no 'none_below' from 0 to 1"));
  EXPECT_THAT(fault(R"({"events":3})"), HasSubstr("no 'begin'"));
  EXPECT_THAT(fault(R"({"events":{"begin":0.5,"end":0.6,"smooth":0,"shortest":0,"merge":0,"trail":0}})"),
              HasSubstr("ends actions at 0.6, above 0.5"));
  EXPECT_THAT(fault(R"({"events":{"begin":0.5,"end":0.4,"smooth":-1,"shortest":0,"merge":0,"trail":0}})"),
              HasSubstr("no 'smooth' from 0 to 3600"));
  EXPECT_THAT(fault(R"({"events":{"begin":0.5,"end":0.4,"smooth":0,"shortest":0,"merge":0,"trail":0,)"
                    R"("classes":{"jump":{"begin":0.5,"end":0.4}}}})"),
              HasSubstr("a class 'jump', which the network has not"));
}

TEST(Calibration, ATemperatureKeepsTheOrderAndOneKeepsTheScores) {
  const std::vector<float> scores{0.7F, 0.2F, 0.1F};
  const std::vector<float> same = at_temperature(scores, 1);
  for (std::size_t i = 0; i < scores.size(); ++i) EXPECT_FLOAT_EQ(same[i], scores[i]);
  // p^(1/2), made to sum to 1.
  const std::vector<float> cooler = at_temperature(scores, 2);
  EXPECT_NEAR(cooler[0], 0.8367 / (0.8367 + 0.4472 + 0.3162), 1e-4);
  EXPECT_NEAR(std::accumulate(cooler.begin(), cooler.end(), 0.0), 1, 1e-6);
  const std::vector<float> certain = at_temperature({1, 0}, 5);
  EXPECT_GT(certain[0], certain[1]);
}

}  // namespace
}  // namespace actionflow::testing
