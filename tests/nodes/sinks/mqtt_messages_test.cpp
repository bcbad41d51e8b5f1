#include "nodes/sinks/mqtt_messages.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace actionflow {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;

constexpr std::int64_t kNoon = 1'714'564'800'000'000'000;  // 2024-05-01, UTC

EventResult event(EventChange::Kind kind, const std::string& label, float score) {
  return {"front door", "actions", "actions-0-0", label, {kind, 0, 3, score, 61.25, 63.5, 62}, kNoon};
}

std::vector<std::string> lines(const std::vector<Message>& messages) {
  std::vector<std::string> lines;
  for (const Message& message : messages)
    lines.push_back(message.topic + (message.retain ? " (retained) " : " ") + message.payload);
  return lines;
}

TEST(MqttMessages, AnEventHasFrigatesShape) {
  MqttMessages messages("home/actionflow", "");
  const auto begun = messages.event(event(EventChange::begun, "wave", 0.75F), kNoon + 62'250'000'000);
  ASSERT_EQ(begun.messages.size(), 2U);
  EXPECT_EQ(begun.messages[0].topic, "home/actionflow/events");
  EXPECT_FALSE(begun.messages[0].retain);
  const json first = json::parse(begun.messages[0].payload);
  EXPECT_EQ(first["type"], "new");
  EXPECT_EQ(first["before"], first["after"]);
  EXPECT_EQ(first["after"], json::parse(R"({"id": "actions-0-0", "camera": "front door", "label": "wave",
      "score": 0.75, "top_score": 0.75, "start_time": 1714564861.25, "end_time": null,
      "frame_time": 1714564862.0, "start": 61.25, "end": null, "model": "actions", "latency_ms": 250.0})"));
  EXPECT_EQ(lines({begun.messages[1]})[0], "home/actionflow/front door/wave (retained) 1");

  const auto updated = messages.event(event(EventChange::updated, "wave", 0.5F), kNoon);
  ASSERT_EQ(updated.messages.size(), 1U) << "the number of actions is the same";
  const json second = json::parse(updated.messages[0].payload);
  EXPECT_EQ(second["type"], "update");
  EXPECT_EQ(second["before"], first["after"]);
  EXPECT_EQ(second["after"]["score"], 0.5);
  EXPECT_EQ(second["after"]["top_score"], 0.75);

  const auto over = messages.event(event(EventChange::ended, "wave", 0.5F), kNoon);
  ASSERT_EQ(over.messages.size(), 2U);
  const json last = json::parse(over.messages[0].payload);
  EXPECT_EQ(last["type"], "end");
  EXPECT_EQ(last["before"], second["after"]);
  EXPECT_EQ(last["after"]["end_time"], 1714564863.5);
  EXPECT_EQ(lines({over.messages[1]})[0], "home/actionflow/front door/wave (retained) 0");
}

TEST(MqttMessages, AnActionThatTurnsOutToBeAnotherMovesItsCount) {
  MqttMessages messages("t", "");
  messages.event(event(EventChange::begun, "push", 0.5F), kNoon);
  const auto change = messages.event(event(EventChange::ended, "pull", 0.5F), kNoon);
  EXPECT_THAT(lines({change.messages.begin() + 1, change.messages.end()}),
              ElementsAre("t/front door/push (retained) 0"));
  messages.event(event(EventChange::begun, "push", 0.5F), kNoon);
  const auto moved = messages.event(event(EventChange::updated, "pull", 0.5F), kNoon);
  EXPECT_THAT(lines({moved.messages.begin() + 1, moved.messages.end()}),
              ElementsAre("t/front door/pull (retained) 1", "t/front door/push (retained) 0"));
}

TEST(MqttMessages, OfARecordedFileThereIsNoTimeOfDay) {
  MqttMessages messages("t", "");
  EventResult recorded = event(EventChange::ended, "wave", 0.5F);
  recorded.zero_ns.reset();
  const json after = json::parse(messages.event(recorded, kNoon).messages[0].payload)["after"];
  EXPECT_TRUE(after["start_time"].is_null());
  EXPECT_TRUE(after["end_time"].is_null());
  EXPECT_EQ(after["end"], 63.5);
  EXPECT_FALSE(after.contains("latency_ms"));
}

TEST(MqttMessages, WhatAKilledRunLeftUnderWayEnds) {
  MqttMessages killed("t", "");
  const auto begun = killed.event(event(EventChange::begun, "wave", 0.75F), kNoon);
  ASSERT_EQ(begun.notes.size(), 1U);
  const std::map<std::string, std::string> notes{{"actions-0-0", *begun.notes.at("actions-0-0")},
                                                 {"odd", "no JSON"}};
  const auto messages = MqttMessages::interrupted("t", notes);
  ASSERT_EQ(messages.size(), 2U);
  const json end = json::parse(messages[0].payload);
  EXPECT_EQ(end["type"], "end");
  EXPECT_EQ(end["before"], json::parse(begun.messages[0].payload)["after"]);
  EXPECT_EQ(end["after"]["end_time"], 1714564862.0) << "its newest sample";
  EXPECT_EQ(end["after"]["interrupted"], true);
  EXPECT_EQ(lines({messages[1]})[0], "t/front door/wave (retained) 0");

  const auto over = killed.event(event(EventChange::ended, "wave", 0.75F), kNoon);
  EXPECT_EQ(over.notes.at("actions-0-0"), std::nullopt);
}

TEST(MqttMessages, HomeAssistantIsToldOfASensorForEachLabel) {
  const MqttMessages messages("actionflow", "homeassistant");
  const auto told = messages.announcement("front door", {"wave", "sit down"});
  ASSERT_EQ(told.size(), 4U);
  for (const Message& message : told) EXPECT_TRUE(message.retain);
  EXPECT_THAT(told[0].topic, ::testing::MatchesRegex(
                                 "homeassistant/binary_sensor/actionflow_front_door-[0-9a-f]+/wave/config"));
  const json sensor = json::parse(told[0].payload);
  EXPECT_EQ(sensor["name"], "wave");
  EXPECT_EQ(sensor["state_topic"], "actionflow/front door/wave");
  EXPECT_EQ(sensor["availability"], json::parse(R"([{"topic": "actionflow/available"},
      {"topic": "actionflow/streams/front door/available"}])"));
  EXPECT_EQ(sensor["availability_mode"], "all");
  EXPECT_EQ(sensor["device"]["name"], "front door");
  EXPECT_TRUE(sensor["device"]["identifiers"].is_array());
  const json other = json::parse(told[2].payload);
  EXPECT_EQ(other["device"], sensor["device"]);
  EXPECT_NE(other["unique_id"], sensor["unique_id"]);
  EXPECT_EQ(lines({told[1]})[0], "actionflow/front door/wave (retained) 0");
  EXPECT_EQ(MqttMessages("actionflow", "").announcement("a", {"b"}).size(), 1U) << "without discovery";
}

TEST(MqttMessages, AStreamIsAvailableWhileItGivesPictures) {
  const MqttMessages messages("t", "");
  EXPECT_EQ(lines({messages.availability("door", true)})[0], "t/streams/door/available (retained) online");
  EXPECT_EQ(lines({messages.availability("door", false)})[0], "t/streams/door/available (retained) offline");
}

TEST(MqttMessages, NamesThatATopicCannotHoldAreRewrittenAndStayApart) {
  EXPECT_EQ(topic_level("Küche 2"), "Küche 2");
  EXPECT_NE(topic_level("a/b"), topic_level("a_b"));
  EXPECT_NE(topic_level("a/b"), topic_level("a+b"));
  for (const std::string name : {"a/b", "a+", "#", "", "$SYS", "a\nb"}) {
    const std::string level = topic_level(name);
    EXPECT_FALSE(level.empty());
    EXPECT_EQ(level.find_first_of("/+#$\n"), std::string::npos) << level;
  }
}

}  // namespace
}  // namespace actionflow
