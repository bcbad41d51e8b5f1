#include "pipeline/graph/share_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pipeline/run/graph_bench.h"

namespace actionflow::testing {
namespace {

using ::testing::HasSubstr;

class ShareOptionsTest : public ::testing::Test {
 protected:
  PipelineDescription read(const std::string& share, const std::string& stream = "rtsp://camera/1") const {
    return bench_.describe("share: {" + share + "}\nstreams: {door: " + stream +
                           "}\ngraph:\n  frames: {node: decode}\n  clips: {node: window, from: frames}\n"
                           "  net: {node: cnn3d, from: clips, model: plain.yaml, random_weights: 1}\n");
  }
  std::string error(const std::string& share, const std::string& stream = "rtsp://camera/1") const {
    try {
      read(share, stream);
    } catch (const config::ConfigError& wrong) {
      return wrong.what();
    }
    return "none";
  }

  static constexpr const char* kGood = "broker: mqtt://broker.site, group: site/hall";
  GraphBench bench_;
};

TEST_F(ShareOptionsTest, NameABrokerAndAGroup) {
  const auto share = read(std::string(kGood) + ", capacity: 2.5").share;
  ASSERT_TRUE(share);
  EXPECT_EQ(share->address().host, "broker.site");
  EXPECT_EQ(share->group, "site/hall");
  EXPECT_EQ(share->capacity, 2.5);
  EXPECT_THAT(error("broker: mqtt://broker.site"), HasSubstr("group"));
  EXPECT_THAT(error("group: site"), HasSubstr("broker"));
  EXPECT_THAT(error("broker: broker.site, group: site"),
              HasSubstr("test.yaml:1:17: error: broker is no address"));
  EXPECT_THAT(error("broker: mqtt://broker.site, group: site/#"), HasSubstr("words parted by /"));
  EXPECT_THAT(error(std::string(kGood) + ", capacity: 0"), HasSubstr("capacity"));
  EXPECT_THAT(error(std::string(kGood) + ", grup: x"), HasSubstr("grup"));
}

TEST_F(ShareOptionsTest, AreForCameras) {
  EXPECT_EQ(error(kGood, "{source: a.mp4, realtime: true}"), "none");
  EXPECT_THAT(error(kGood, "a.mp4"), HasSubstr("test.yaml:2:11: error: stream 'door' is no camera"));
  EXPECT_THAT(error(kGood, "'-'"), HasSubstr("--shard"));
}

TEST_F(ShareOptionsTest, SayThatAPasswordGoesInTheClear) {
  EXPECT_THAT(read("broker: mqtt://door:word@broker.site, group: g").warnings,
              ::testing::ElementsAre(HasSubstr("share: the password goes to its receiver in the clear")));
  EXPECT_TRUE(read("broker: mqtts://door:word@broker.site, group: g").warnings.empty());
}

TEST_F(ShareOptionsTest, MayHaveOneMqttTopicForAllMachines) {
  const auto warnings = [&](const std::string& topic) {
    return bench_
        .describe("share: {" + std::string(kGood) +
                  "}\nstreams: {door: rtsp://camera/1}\ngraph:\n  frames: {node: decode}\n"
                  "  clips: {node: window, from: frames}\n"
                  "  net: {node: cnn3d, from: clips, model: plain.yaml, random_weights: 1}\n"
                  "  actions: {node: events, from: net}\n"
                  "  alert: {node: mqtt, from: actions, broker: mqtt://broker.site" +
                  topic + "}\n")
        .warnings;
  };
  for (const char* topic : {"", ", topic: site"}) EXPECT_THAT(warnings(topic), ::testing::IsEmpty());
}

}  // namespace
}  // namespace actionflow::testing
