#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <vector>

#include "base/error.h"
#include "nodes/delivery/courier.h"
#include "nodes/delivery/kafka_delivery.h"
#include "tests/tools/certificates.h"
#include "tests/tools/kafka_broker.h"
#include "tests/tools/kafka_reader.h"
#include "tests/tools/killed_process.h"
#include "tests/tools/mock_kafka.h"

namespace actionflow {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using testing::KafkaBroker;
using testing::KafkaLine;
using testing::KafkaReader;
using testing::wait_for;
using Brokers = testing::MockKafka;

constexpr const char* kTopic = "actions";

KafkaCluster cluster_at(const std::string& address) { return {{address}}; }

Message message(const std::string& payload, std::int64_t id = 7) { return {"", payload, false, id, "door"}; }

std::string error_of(const KafkaCluster& cluster, const std::string& topic = kTopic) {
  const auto delivery = kafka_delivery(cluster, topic);
  try {
    delivery->idle(-1, std::chrono::milliseconds(0));
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

std::string error_of_line(const KafkaCluster& cluster) {
  const auto delivery = kafka_delivery(cluster, kTopic);
  try {
    delivery->deliver(message("one"));
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

TEST(KafkaDelivery, ALineIsThereOnceHoweverOftenTheBrokerDidNotTakeIt) {
  const Brokers brokers;
  brokers.make_topic(kTopic);
  const auto delivery = kafka_delivery(cluster_at(brokers.address()), kTopic);
  EXPECT_TRUE(delivery->deliver(message("one", 1)));
  brokers.answer(Brokers::produce,
                 {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                  RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION});
  EXPECT_TRUE(delivery->deliver(message("two", 2)));
  EXPECT_TRUE(delivery->deliver(message("three", 3)));
  KafkaReader reader(brokers.address(), kTopic);
  for (const auto& [value, number] :
       {std::pair("one", "1"), std::pair("two", "2"), std::pair("three", "3")}) {
    const auto line = reader.next();
    ASSERT_TRUE(line);
    EXPECT_EQ(line->value, value);
    EXPECT_EQ(line->key, "door");
    EXPECT_EQ(line->delivery, number);
  }
}

TEST(KafkaDelivery, AMessageThatABrokerWillNeverTakeIsRefused) {
  const Brokers brokers;
  brokers.make_topic(kTopic);
  const auto delivery = kafka_delivery(cluster_at(brokers.address()), kTopic);
  brokers.answer(Brokers::produce, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  EXPECT_FALSE(delivery->deliver(message("too large", 1)));
  EXPECT_FALSE(delivery->deliver(message(std::string(2'000'000, 'x'), 2))) << "and one that is not even sent";
  EXPECT_TRUE(delivery->deliver(message("small", 3)));
}

TEST(KafkaDelivery, AProducerThatTheBrokersGiveUpIsMadeAnew) {
  const Brokers brokers;
  brokers.make_topic(kTopic);
  const auto delivery = kafka_delivery(cluster_at(brokers.address()), kTopic);
  brokers.answer(Brokers::init_producer_id, {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED});
  int failures = 0;
  const auto delivered = [&] {
    try {
      return delivery->deliver(message("one", 1));
    } catch (const Error&) {
      return ++failures, false;
    }
  };
  EXPECT_TRUE(wait_for(delivered));
  EXPECT_GT(failures, 0);
}

TEST(KafkaDelivery, ABrokerThatIsAwayIsAnErrorWithItsAddress) {
  const std::string address = "localhost:" + std::to_string(testing::free_port());
  EXPECT_THAT(error_of(cluster_at(address)), HasSubstr(address));
  EXPECT_THAT(error_of(cluster_at("no.such.host.invalid")), HasSubstr("no.such.host.invalid:9092"));
  EXPECT_THAT(error_of_line(cluster_at(address)), HasSubstr("Connection refused"));
}

TEST(KafkaDelivery, ATopicThatIsNotThereOrClosedIsNamed) {
  const Brokers brokers;
  brokers.set_topic_error(kTopic, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  EXPECT_EQ(error_of(cluster_at(brokers.address())), "none") << "it may be made for the first line";
  EXPECT_THAT(error_of_line(cluster_at(brokers.address())), HasSubstr("topic 'actions': Broker: Unknown"));
  brokers.set_topic_error(kTopic, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  EXPECT_THAT(error_of(cluster_at(brokers.address())), HasSubstr("authorization failed"));
}

TEST(KafkaDelivery, AFileThatIsNotThereIsNamed) {
  KafkaCluster cluster = cluster_at("localhost");
  cluster.tls = true;
  cluster.authority = "/no/such/ca.pem";
  EXPECT_THAT(error_of(cluster), HasSubstr("/no/such/ca.pem"));
}

// Lines of two cameras by a courier, as a sink sends them.
class Cameras {
 public:
  Cameras(const KafkaCluster& cluster, const std::filesystem::path& file)
      : spool_(std::make_shared<Spool>(file, ByteSize{1'000'000}, SpoolFormat{"kafka"})),
        courier_("lake", spool_, kafka_delivery(cluster, kTopic), [] { return false; }) {}

  void put(const std::string& camera, const std::string& value) {
    spool_->put(std::vector<Message>{{"", value, false, 0, camera}});
    courier_.wake();
  }
  bool empty() const { return spool_->state().messages == 0; }
  Courier& courier() { return courier_; }

 private:
  std::shared_ptr<Spool> spool_;
  Courier courier_;
};

// What a topic has of each camera, up to a line "end" of each.
std::map<std::string, std::vector<std::string>> read_to_end(const std::string& broker, std::size_t cameras) {
  KafkaReader reader(broker, kTopic);
  std::map<std::string, std::vector<std::string>> lines;
  for (std::size_t ends = 0; ends < cameras;) {
    const auto line = reader.next();
    if (!line) break;
    if (line->value == "end")
      ++ends;
    else
      lines[line->key].push_back(line->value);
  }
  return lines;
}

std::vector<std::string> numbers(int count) {
  std::vector<std::string> texts;
  for (int i = 0; i < count; ++i) texts.push_back(std::to_string(i));
  return texts;
}

TEST(KafkaDelivery, NothingIsLostTwiceOrOutOfOrderWhileTheBrokerComesAndGoes) {
  const testing::TemporaryFolder folder;
  const Brokers brokers;
  brokers.make_topic(kTopic);
  Cameras cameras(cluster_at(brokers.address()), folder / "a.spool");
  constexpr int kEach = 30;
  for (int i = 0; i < kEach; ++i) {
    if (i % 10 == 3) brokers.set_down();
    for (const char* camera : {"door", "yard"}) cameras.put(camera, std::to_string(i));
    if (i % 10 == 6) {
      EXPECT_TRUE(wait_for([&] { return !cameras.courier().state().connected; }));
      brokers.set_up();
      EXPECT_TRUE(wait_for([&] { return cameras.empty(); }));
    }
  }
  for (const char* camera : {"door", "yard"}) cameras.put(camera, "end");
  const auto lines = read_to_end(brokers.address(), 2);
  EXPECT_EQ(lines.at("door"), numbers(kEach));
  EXPECT_EQ(lines.at("yard"), numbers(kEach));
}

class KafkaBrokerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = KafkaBroker::missing(); !missing.empty()) GTEST_SKIP() << missing;
  }
};

TEST_F(KafkaBrokerTest, NothingIsLostTwiceOrOutOfOrderWhateverBecomesOfTheBroker) {
  const testing::TemporaryFolder folder;
  KafkaBroker broker;
  broker.start();
  Cameras cameras(cluster_at(broker.address()), folder / "a.spool");
  int sent = 0;
  const auto send = [&] {
    for (int i = 0; i < 10; ++i, ++sent)
      for (const char* camera : {"door", "yard"}) cameras.put(camera, std::to_string(sent));
  };
  const auto expect_sent = [&](const char* after) {
    send();
    EXPECT_TRUE(wait_for([&] { return cameras.empty(); })) << after;
  };
  expect_sent("at first");
  broker.stop();
  send();
  broker.start();
  expect_sent("it was stopped");
  broker.freeze();
  send();
  EXPECT_TRUE(wait_for([&] { return !cameras.courier().state().connected; }));
  broker.thaw();
  expect_sent("it was frozen");
  send();
  broker.kill();
  send();
  broker.start();
  expect_sent("it was killed");
  for (const char* camera : {"door", "yard"}) cameras.put(camera, "end");
  const auto lines = read_to_end(broker.address(), 2);
  EXPECT_EQ(lines.at("door"), numbers(sent));
  EXPECT_EQ(lines.at("yard"), numbers(sent));
}

TEST_F(KafkaBrokerTest, WhatWaitedWhenWeWereKilledIsSentByTheNextRun) {
  const testing::TemporaryFolder folder;
  KafkaBroker broker;
  ASSERT_TRUE(testing::dies_by_kill([&] {
    Cameras cameras(cluster_at(broker.address()), folder / "a.spool");
    for (int i = 0; i < 20; ++i) cameras.put("door", std::to_string(i));
    testing::die_by_kill();
  }));
  broker.start();
  Cameras cameras(cluster_at(broker.address()), folder / "a.spool");
  cameras.put("door", "end");
  EXPECT_EQ(read_to_end(broker.address(), 1).at("door"), numbers(20));
}

TEST_F(KafkaBrokerTest, TakesUsByTlsAndPassword) {
  const testing::Certificates certificates;
  const std::string keys =
      "ssl.keystore.type=PEM\nssl.keystore.location=" + certificates.joined("cert.pem", "key.pem") +
      "\nssl.truststore.type=PEM\nssl.truststore.location=" + certificates.file("ca.pem") + "\n";
  KafkaBroker broker("SASL_SSL",
                     keys +
                         "sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN\n"
                         "sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512\n"
                         "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config="
                         "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"door\" "
                         "password=\"door-secret\";\n"
                         "listener.name.sasl_ssl.plain.sasl.jaas.config="
                         "org.apache.kafka.common.security.plain.PlainLoginModule required "
                         "user_yard=\"plain\";\n"
                         "ssl.endpoint.identification.algorithm=\n",
                     {"--add-scram", "SCRAM-SHA-512=[name=door,password=door-secret]"});
  broker.start();
  KafkaCluster cluster = cluster_at(broker.address());
  cluster.tls = true;
  EXPECT_THAT(error_of(cluster), HasSubstr("certificate")) << "nobody signed it";
  cluster.authority = certificates.file("ca.pem");
  cluster.mechanism = "SCRAM-SHA-512";
  cluster.user = "door";
  cluster.password = "wrong";
  EXPECT_THAT(error_of(cluster), HasSubstr("uthentication failed"));
  EXPECT_THAT(error_of(cluster), ::testing::Not(HasSubstr("wrong")));
  cluster.password = "door-secret";
  EXPECT_THAT(error_of(cluster), AnyOf("none", HasSubstr("take mechanism: PLAIN")));
  cluster.mechanism = "PLAIN";
  cluster.user = "yard";
  cluster.password = "plain";
  const auto plain = kafka_delivery(cluster, kTopic);
  EXPECT_TRUE(plain->deliver(message("two")));
  cluster.brokers = {"127.0.0.1" + broker.address().substr(broker.address().find(':'))};
  EXPECT_THAT(error_of(cluster), HasSubstr("certificate")) << "it is another host's";
}

TEST_F(KafkaBrokerTest, ATopicThatMayNotBeMadeIsNamed) {
  KafkaBroker broker("PLAINTEXT", "auto.create.topics.enable=false\n");
  broker.start();
  EXPECT_THAT(error_of_line(cluster_at(broker.address())), HasSubstr("topic 'actions': "));
}

}  // namespace
}  // namespace actionflow
