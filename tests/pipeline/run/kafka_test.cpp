// Events of running graphs in a Kafka cluster.
#include <gmock/gmock.h>

#include <map>

#include "tests/pipeline/run/graph_bench.h"
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
