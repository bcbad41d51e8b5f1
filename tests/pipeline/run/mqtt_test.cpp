// Events of running graphs at a real MQTT broker.
#include <gmock/gmock.h>
#include <signal.h>

#include <nlohmann/json.hpp>
#include <set>

#include "tests/pipeline/run/graph_bench.h"
#include "tests/tools/mosquitto.h"

namespace actionflow {
namespace {

using nlohmann::json;
using testing::GraphBench;
using testing::Mosquitto;
using testing::MqttListener;

class MqttGraph : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Mosquitto::installed()) GTEST_SKIP() << "mosquitto is not installed";
  }

  // At such thresholds one class or another is always under way.
  std::string graph(const std::string& stream) const {
    return "streams: {door: " + stream +
           "}\ngraph:\n  frames: {node: decode}\n  clips: {node: window, from: frames, hop: 1}\n"
           "  net: {node: cnn3d, from: clips, model: plain.yaml, random_weights: 4}\n"
           "  actions: {node: events, from: net, begin: 0.01, end: 0.01}\n"
           "  alert: {node: mqtt, from: actions, broker: '" +
           broker_.address() + "', topic: t, spool: {file: alert.spool}}\n";
  }

  GraphBench bench_;
  Mosquitto broker_;
};

// "new ID" or "end ID" of the next event.
std::pair<std::string, json> next_event(MqttListener& listener) {
  for (std::string line = listener.next(); !line.empty(); line = listener.next()) {
    if (!line.starts_with("t/events ")) continue;
    const json message = json::parse(line.substr(9));
    return {message["type"], message["after"]};
  }
  return {"none", {}};
}

TEST_F(MqttGraph, TellsEachActionOnceWhenItBeginsAndOnceWhenItIsOver) {
  bench_.video("a.mp4", 100, 1);
  broker_.start();
  MqttListener listener(broker_);
  testing::LinesByStream sink;
  bench_.run(graph("a.mp4"), sink);
  ASSERT_FALSE(sink.events().empty());
  for (const EventResult& event : sink.events()) {
    const auto [type, after] = next_event(listener);
    EXPECT_EQ(type, event.over() ? "end" : "new");
    EXPECT_EQ(after["id"], event.id);
    EXPECT_EQ(after["label"], event.label);
    EXPECT_EQ(after["camera"], "door");
  }
}

TEST_F(MqttGraph, WhatHappenedWhileTheBrokerWasAwayIsToldByTheNextRun) {
  bench_.video("a.mp4", 100, 1);
  testing::LinesByStream sink;
  const Summary summary = bench_.run(graph("a.mp4"), sink);
  EXPECT_EQ(summary.exit_code(), ExitCode::done) << "what waits is no failure";
  broker_.start();
  MqttListener listener(broker_);
  bench_.video("still.mp4", 3, 0);
  testing::LinesByStream second;
  bench_.run(graph("still.mp4"), second);
  for (const EventResult& event : sink.events()) {
    const auto [type, after] = next_event(listener);
    EXPECT_EQ(type, event.over() ? "end" : "new");
    EXPECT_EQ(after["id"], event.id);
  }
}

// Kills the program while an action is under way, and the broker with it.
TEST_F(MqttGraph, AnActionThatAKillCutOffEnds) {
  bench_.video("a.mp4", 500, 1);
  bench_.video("still.mp4", 3, 0);
  broker_.start();
  MqttListener listener(broker_);
  bench_.write("live.yaml", graph("{source: a.mp4, realtime: true}"));
  std::set<std::string> open;
  {
    testing::ChildProcess program(
        {ACTIONFLOW_PROGRAM, "classify", "--log", "quiet", (bench_.folder() / "live.yaml").string()});
    const auto [type, after] = next_event(listener);
    ASSERT_EQ(type, "new");
    open.insert(after["id"].get<std::string>());
    program.signal(SIGKILL);
    program.wait();
  }
  broker_.stop();
  broker_.start();
  testing::LinesByStream sink;
  bench_.run(graph("still.mp4"), sink);
  json last;
  while (!open.empty()) {
    const auto [type, after] = next_event(listener);
    ASSERT_NE(type, "none");
    last = after;
    if (type == "new") open.insert(after["id"].get<std::string>());
    if (type == "end") open.erase(after["id"].get<std::string>());
  }
  EXPECT_EQ(last["interrupted"], true);
}

bool hears(MqttListener& listener, const std::string& message) {
  for (std::string line = listener.next(); !line.empty(); line = listener.next()) {
    if (line == message) return true;
  }
  return false;
}

// Waits until the program says so of a stream.
void wait_for_line(testing::ChildProcess& program, const std::filesystem::path& log,
                   const std::string& line) {
  const auto text = [&] {
    std::ifstream file(log);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  EXPECT_TRUE(
      testing::wait_for([&] { return text().find(line) != std::string::npos || !program.running(); }));
  EXPECT_THAT(text(), ::testing::HasSubstr(line));
}

TEST_F(MqttGraph, MessagesAddAndRemoveCameras) {
  bench_.video("a.mp4", 3000, 1);
  broker_.start();
  const std::string camera = R"({"source":"udp://127.0.0.1:9","retry":true})";
  broker_.publish("t/streams/early/set", camera, true);
  std::string yaml = graph("{source: a.mp4, realtime: true}");
  yaml.replace(yaml.find("topic: t"), 8, "topic: t, cameras: true");
  bench_.write("live.yaml", yaml);
  const std::filesystem::path log = bench_.folder() / "log.txt";
  testing::ChildProcess program({ACTIONFLOW_PROGRAM, "classify", (bench_.folder() / "live.yaml").string()},
                                log);
  wait_for_line(program, log, "stream 'early' is added");
  broker_.publish("t/streams/late/set", camera, false);
  wait_for_line(program, log, "stream 'late' is added");
  broker_.publish("t/streams/late/set", "", false);
  wait_for_line(program, log, "stream 'late' is removed");
  broker_.publish("t/streams/other/set", R"({"source":"a.mp4"})", false);
  wait_for_line(program, log, "for stream 'other' is not taken up: source is no camera");
  program.signal(SIGTERM);
  EXPECT_EQ(program.wait(), 130);
}

// Without the broker's memory: what is added stays until it is removed.
TEST_F(MqttGraph, CamerasOfMessagesAreThereInTheNextRun) {
  bench_.video("a.mp4", 3000, 1);
  broker_.start();
  std::string yaml = graph("{source: a.mp4, realtime: true}");
  yaml.replace(yaml.find("topic: t"), 8, "topic: t, cameras: true");
  bench_.write("live.yaml", yaml);
  const std::string camera = R"({"source":"udp://127.0.0.1:9","retry":true})";
  struct Step {
    std::string payload, line;
  };
  for (const Step& step : {Step{camera, "stream 'yard' is added"}, Step{"", "stream 'yard' is removed"},
                           Step{camera, "stream 'yard' is added"}}) {
    const std::filesystem::path log = bench_.folder() / "log.txt";
    testing::ChildProcess program({ACTIONFLOW_PROGRAM, "classify", (bench_.folder() / "live.yaml").string()},
                                  log);
    MqttListener listener(broker_, "t/available");
    ASSERT_TRUE(hears(listener, "t/available online"));
    broker_.publish("t/streams/yard/set", step.payload, false);
    wait_for_line(program, log, step.line);
    program.signal(SIGTERM);
    EXPECT_EQ(program.wait(), 130);
  }
}

TEST_F(MqttGraph, NoIdOfAnEventComesTwiceFromRunToRun) {
  bench_.video("a.mp4", 100, 1);
  std::set<std::string> ids;
  std::size_t events = 0;
  for (const char* run : {"r1-", "r2-", "r3-"}) {
    testing::LinesByStream sink;
    bench_.run(graph("a.mp4"), sink);
    ASSERT_FALSE(sink.events().empty());
    for (const EventResult& event : sink.events()) {
      EXPECT_TRUE(event.id.starts_with(run)) << event.id;
      if (event.over() && ++events) ids.insert(event.id);
    }
  }
  EXPECT_EQ(ids.size(), events);
}

TEST_F(MqttGraph, TellsOfEachCameraWhetherItGivesPictures) {
  bench_.video("a.mp4", 3000, 1);
  broker_.start();
  MqttListener listener(broker_, "t/streams/+/available");
  std::string yaml = graph("{source: a.mp4, realtime: true}, yard: {source: 'udp://127.0.0.1:9'}");
  bench_.write("live.yaml", yaml);
  testing::ChildProcess program(
      {ACTIONFLOW_PROGRAM, "classify", "--log", "quiet", (bench_.folder() / "live.yaml").string()});
  std::map<std::string, std::vector<std::string>> heard;
  const auto hear_until = [&](const std::string& last) {
    for (std::string line = listener.next(); !line.empty(); line = listener.next()) {
      const std::size_t space = line.find(' ');
      heard[line.substr(0, space)].push_back(line.substr(space + 1));
      if (line == last) return true;
    }
    return false;
  };
  EXPECT_TRUE(hear_until("t/streams/door/available online"));
  program.signal(SIGTERM);
  EXPECT_EQ(program.wait(), 130);
  for (const std::string& said : heard["t/streams/yard/available"]) EXPECT_EQ(said, "offline");
}

TEST_F(MqttGraph, WrongOptionsAreToldAllAtOnce) {
  const std::string yaml =
      "streams: {a: a.mp4}\ngraph:\n  frames: {node: decode}\n  clips: {node: window, from: frames}\n"
      "  net: {node: cnn3d, from: clips, model: plain.yaml, random_weights: 4}\n"
      "  actions: {node: events, from: net}\n"
      "  one: {node: mqtt, from: actions, broker: 'http://u:secret@host', topic: a/+, certificate: c.pem}\n"
      "  two: {node: webhook, from: actions, url: 'ftp://u:secret@host'}\n"
      "  three: {node: mqtt, from: net, broker: mqtt://host}\n";
  try {
    bench_.describe(yaml);
    FAIL();
  } catch (const config::ConfigError& error) {
    const std::string text = error.what();
    EXPECT_THAT(text,
                ::testing::HasSubstr(
                    "7:44: error: broker is no address of one, expected mqtt://host or mqtts://host, "));
    EXPECT_THAT(text, ::testing::HasSubstr("topic is 'a/+', expected words parted by /"));
    EXPECT_THAT(text, ::testing::HasSubstr("certificate and key belong together"));
    EXPECT_THAT(text, ::testing::HasSubstr("url is no address of a web server"));
    EXPECT_THAT(text, ::testing::HasSubstr("'three'"));
    EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("secret")));
  }
}

}  // namespace
}  // namespace actionflow
