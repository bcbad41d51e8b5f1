// Events of running graphs in a Kafka cluster.
#include <gmock/gmock.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/pipeline/run/graph_bench.h"
#include "tests/tools/child_process.h"
#include "tests/tools/kafka_broker.h"
#include "tests/tools/kafka_reader.h"
#include "tests/tools/mock_kafka.h"

namespace actionflow {
namespace {

using testing::GraphBench;
using ::testing::HasSubstr;

// At such thresholds one class or another is always under way.
std::string graph_to(const std::string& sink) {
  return "streams: {door: a.mp4, yard: b.mp4}\ngraph:\n  frames: {node: decode}\n"
         "  clips: {node: window, from: frames, hop: 1}\n"
         "  net: {node: cnn3d, from: clips, model: plain.yaml, random_weights: 4}\n"
         "  actions: {node: events, from: net, begin: 0.01, end: 0.01}\n"
         "  lake: {node: kafka, from: actions, " +
         sink + "}\n";
}

// By stream, as they were found.
std::map<std::string, std::vector<std::string>> lines_of(const std::vector<EventResult>& events) {
  std::map<std::string, std::vector<std::string>> lines;
  for (const EventResult& event : events) lines[event.stream].push_back(to_json_line(event));
  return lines;
}

void expect_events_come_with_the_next_run(const std::string& address, const std::function<void()>& start) {
  GraphBench bench;
  bench.video("a.mp4", 60, 1);
  bench.video("b.mp4", 60, 2);
  const std::string yaml =
      graph_to("brokers: ['" + address + "'], topic: actions, spool: {file: lake.spool}");
  std::vector<EventResult> events;
  for (int run = 0; run < 2; ++run) {
    testing::LinesByStream sink;
    const Summary summary = bench.run(yaml, sink);
    EXPECT_EQ(summary.exit_code(), ExitCode::done) << "what waits is no failure";
    events.insert(events.end(), sink.events().begin(), sink.events().end());
    if (run == 0) start();
  }
  ASSERT_FALSE(events.empty());
  testing::KafkaReader reader(address, "actions");
  std::map<std::string, std::vector<std::string>> found;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto line = reader.next();
    ASSERT_TRUE(line);
    found[line->key].push_back(line->value);
  }
  EXPECT_EQ(found, lines_of(events));
}

TEST(KafkaGraph, TellsEachCamerasEventsInOrderThoseOfARunBeforeFirst) {
  const testing::MockKafka brokers;
  brokers.make_topic("actions");
  brokers.set_down();
  expect_events_come_with_the_next_run(brokers.address(), [&] { brokers.set_up(); });
}

TEST(KafkaGraph, TellsThemToARealBroker) {
  if (const std::string missing = testing::KafkaBroker::missing(); !missing.empty()) GTEST_SKIP() << missing;
  testing::KafkaBroker broker;
  expect_events_come_with_the_next_run(broker.address(), [&] { broker.start(); });
}

std::map<std::string, std::vector<std::string>> told_events(const std::string& out) {
  std::map<std::string, std::vector<std::string>> told;
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json json = nlohmann::json::parse(line);
    if (json["type"] == "event") told[json["stream"]].push_back(line);
  }
  return told;
}

// Two programs at the same time, as on two machines, each with its share of the cameras.
void expect_shares_keep_each_cameras_order(const std::string& address) {
  const GraphBench bench;
  std::string yaml = graph_to("brokers: ['" + address + "'], topic: actions, spool: {file: '${SPOOL}'}");
  std::string streams = "streams: {";
  for (int i = 0; i < 6; ++i) {
    const std::string file = "v" + std::to_string(i) + ".mp4";
    bench.video(file, 60, i);
    streams += "camera " + std::to_string(i) + ": " + file + ", ";
  }
  yaml.replace(0, yaml.find('\n'), streams + "}");
  bench.write("site.yaml", yaml);
  std::vector<std::unique_ptr<testing::ChildProcess>> programs;
  for (const std::string share : {"1", "2"})
    programs.push_back(std::make_unique<testing::ChildProcess>(std::vector<std::string>{
        "env", "SPOOL=" + (bench.folder() / share).string(), ACTIONFLOW_PROGRAM, "classify",
        bench.folder() / "site.yaml", "--json", "--shard", share + "/2"}));
  std::map<std::string, std::vector<std::string>> told;
  for (const auto& program : programs) {
    auto own = told_events(program->read_all(120));
    EXPECT_EQ(program->wait(), 0);
    EXPECT_GE(own.size(), 2U) << "a share of two cameras at least";
    told.merge(own);
  }
  EXPECT_EQ(told.size(), 6U);
  std::size_t count = 0;
  for (const auto& [camera, lines] : told) count += lines.size();
  testing::KafkaReader reader(address, "actions");
  std::map<std::string, std::vector<std::string>> found;
  std::map<std::string, int> partitions;
  for (std::size_t i = 0; i < count; ++i) {
    const auto line = reader.next();
    ASSERT_TRUE(line);
    found[line->key].push_back(line->value);
    EXPECT_EQ(partitions.emplace(line->key, line->partition).first->second, line->partition) << line->key;
  }
  EXPECT_EQ(found, told);
}

TEST(KafkaGraph, TwoProgramsTellEachCamerasEventsInOrder) {
  const testing::MockKafka brokers;
  brokers.make_topic("actions");
  expect_shares_keep_each_cameras_order(brokers.address());
}

TEST(KafkaGraph, TwoProgramsTellThemToARealBroker) {
  if (const std::string missing = testing::KafkaBroker::missing(); !missing.empty()) GTEST_SKIP() << missing;
  testing::KafkaBroker broker;
  broker.start();
  expect_shares_keep_each_cameras_order(broker.address());
}

TEST(KafkaGraph, WrongOptionsAreToldAllAtOnce) {
  GraphBench bench;
  bench.video("a.mp4", 10, 1);
  bench.video("b.mp4", 10, 1);
  try {
    bench.describe(graph_to(
        "brokers: ['kafka://host', 'a b'], topic: a/b, ca: ca.pem, certificate: c.pem, mechanism: PLAIN, "
        "password: secret"));
    FAIL();
  } catch (const config::ConfigError& error) {
    const std::string text = error.what();
    EXPECT_THAT(text, HasSubstr("'kafka://host' is no broker's address, expected host or host:port"));
    EXPECT_THAT(text, HasSubstr("'a b' is no broker's address"));
    EXPECT_THAT(text, HasSubstr("topic is 'a/b', expected up to 249"));
    EXPECT_THAT(text, HasSubstr("certificates are for TLS, expected tls: true"));
    EXPECT_THAT(text, HasSubstr("certificate and key belong together"));
    EXPECT_THAT(text, HasSubstr("user and password belong together"));
    EXPECT_THAT(text, HasSubstr("mechanism stands without a user"));
    EXPECT_THAT(text, ::testing::Not(HasSubstr("secret")));
  }
}

}  // namespace
}  // namespace actionflow
